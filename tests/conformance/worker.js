// The entry of the Worker that the conformance suite calls: the suite's fixtures, in the shim that ships.

import module from '../../build/wasm/conformance.wasm';
import { provide } from '../../shim/core.js';

provide(module);

export { default } from '../../shim/handler.js';
export { Principal } from '../../shim/principal.js';
