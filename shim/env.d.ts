// The Worker's bindings (wrangler.toml) that the shim knows; others the core names. Variables and secrets go to the core as they are: see wasm/core/config.h.
interface Env {
  PRINCIPALS: DurableObjectNamespace<import('./principal.js').Principal>;
  /** The shop's: a resource server keeps nothing there. */
  OAUTH_KV: KVNamespace;
  REGISTRATIONS?: RateLimit;
  ANALYTICS?: AnalyticsEngineDataset;
}

declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

/** The module's hash as `sha256sum` prints it. */
declare module '*.wasm.txt' {
  const sha256: string;
  export default sha256;
}
