// The entry of the Worker that the conformance suite calls: the suite's fixtures, in the shim that ships.

import module from '../../build/wasm/conformance.wasm';
import sha256 from '../../build/wasm/conformance.wasm.txt';
import { provide } from '../../shim/core.js';

provide(module, sha256);

export { default } from '../../shim/handler.js';
export { Principal } from '../../shim/principal.js';
