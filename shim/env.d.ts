// The Worker's bindings (wrangler.toml). Variables and secrets go to the core as they are: see wasm/core/config.h.
interface Env {
  PRINCIPALS: DurableObjectNamespace<import('./principal.js').Principal>;
  OAUTH_KV: KVNamespace;
  ORDERS: KVNamespace;
  REGISTRATIONS?: RateLimit;
}

declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
