/** The tests of the protocol, once more in wasm (replayed_tests.cpp): the same questions, the same outputs, the same way. */
import module from '../../build/wasm/protocol_tests.wasm';
import { Reader } from '../../shim/wire.js';
import { Difference, Instance, KIND, Recording, callOf } from './ports.js';

/** @typedef {import('./ports.js').Call} Call */

const text = (/** @type {Uint8Array} */ bytes) => new TextDecoder().decode(bytes);

/** What the tests import beside the ports. @param {Recording} recording @param {Instance} instance */
const imports = (recording, instance) => ({
  output: (/** @type {number} */ at, /** @type {number} */ size) => void recording.answer(KIND.output, instance.bytes(at, size)),
  fact: (/** @type {number} */ at, /** @type {number} */ size) => {
    const fact = recording.answer(KIND.fact, instance.bytes(at, size));
    instance.bytes(instance.exports.result_buffer(fact.length), fact.length).set(fact);
    return fact.length;
  },
  section: (/** @type {number} */ at, /** @type {number} */ size) => {
    const name = instance.bytes(at, size);
    if (recording.next?.kind !== KIND.section || text(recording.next.first) !== text(name)) return 0;
    recording.answer(KIND.section, name);
    return 1;
  },
  run: () => {
    const { next } = recording;
    if (next?.kind !== KIND.run) return 0;
    recording.answer(KIND.run, next.first);
    return 1;
  },
  failed: (/** @type {number} */ at, /** @type {number} */ size) => {
    throw new Difference(`${recording.where}: natively it holds, in wasm not: ${text(instance.bytes(at, size))}`);
  },
});

/** @param {Uint8Array} bytes @param {Recording} recording */
export function replayTests(bytes, recording) {
  const file = new Reader(bytes);
  const seen = { sessions: 0, steps: 0, calls: 0, bytes: 0, tests: 0 };
  while (!file.finished) {
    const name = file.data();
    const tape = new Reader(file.data());
    /** @type {Call[]} */
    const calls = [];
    while (!tape.finished) calls.push(callOf(tape));
    // One for each test: what tests leave behind in memory is not another's.
    const instance = new Instance(module, recording, (self) => imports(recording, self));
    recording.where = text(name);
    recording.expect(calls);
    instance.give(name);
    if (!instance.exports.run_test(name.length)) throw new Difference(`${recording.where}: there is no such test in wasm`);
    recording.allAsked();
    const outputs = calls.filter(({ kind }) => kind === KIND.output);
    seen.sessions++;
    seen.steps += outputs.length;
    seen.calls += calls.length - outputs.length;
    seen.bytes += outputs.reduce((sum, { first }) => sum + first.length, 0);
    seen.tests = instance.exports.tests();
  }
  return seen;
}
