/** An imported .wasm file is a compiled module, in workerd. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
