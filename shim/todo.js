// The entry of the to-do list behind somebody else's authorization server.

import module from '../build/wasm/todo.wasm';
import sha256 from '../build/wasm/todo.wasm.txt';
import { provide } from './core.js';

provide(module, sha256);

export { default } from './handler.js';
export { Principal } from './principal.js';
