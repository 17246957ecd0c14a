// The entry: the module that ships, in the shim that serves any of them.

import module from '../build/wasm/deputy.wasm';
import sha256 from '../build/wasm/deputy.wasm.txt';
import { provide } from './core.js';

provide(module, sha256);

export { default } from './handler.js';
export { Principal } from './principal.js';
