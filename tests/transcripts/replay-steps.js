/** Steps that the whole application took natively, once more on the module that ships. */
import module from '../../build/wasm/deputy.wasm';
import { Reader } from '../../shim/wire.js';
import { Instance, Recording, callOf, mustBeSame } from './ports.js';

/** @typedef {import('./ports.js').Call} Call */

/** @param {Reader} session @returns {Call[]} */
const callsOf = (session) => Array.from({ length: session.u32() }, () => callOf(session));

/** @param {Uint8Array} bytes @param {Recording} recording */
export function replaySteps(bytes, recording) {
  const file = new Reader(bytes);
  const seen = { sessions: 0, steps: 0, calls: 0, bytes: 0 };
  while (!file.finished) {
    const name = file.text();
    const session = new Reader(file.data());
    const instance = new Instance(module, recording);
    recording.where = `${name}, session ${++seen.sessions}, its beginning`;
    const variables = session.data();
    recording.expect(callsOf(session));
    instance.give(variables);
    instance.exports.configure(variables.length);
    recording.allAsked();
    for (let step = 1; !session.finished; ++step) {
      recording.where = `${name}, session ${seen.sessions}, step ${step}`;
      const object = session.u32();
      const input = session.data();
      const calls = callsOf(session);
      const native = session.data();
      recording.expect(calls);
      instance.give(input);
      const at = instance.exports.step(input.length, object);
      recording.allAsked();
      const size = new DataView(instance.exports.memory.buffer).getUint32(at, true);
      mustBeSame(`${recording.where}, its output`, native, instance.bytes(at + 4, size));
      seen.steps++;
      seen.calls += calls.length;
      seen.bytes += native.length;
    }
  }
  return seen;
}
