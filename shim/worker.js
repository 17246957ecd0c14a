// The entry: the module that ships, in the shim that serves any of them.

import module from '../build/wasm/deputy.wasm';
import { provide } from './core.js';

provide(module);

export { default } from './handler.js';
export { Principal } from './principal.js';
