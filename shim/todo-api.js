// The entry of the Todo API: its module, in the same shim.

import module from '../build/wasm/todo_api.wasm';
import sha256 from '../build/wasm/todo_api.wasm.txt';
import { provide } from './core.js';

provide(module, sha256);

export { default } from './handler.js';
export { Principal } from './principal.js';
