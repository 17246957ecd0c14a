/**
 * Replays transcripts (tape.h) on the module that ships, in workerd: each step gets the same bytes, and its questions to
 * the host get the answers that were recorded. It must ask the same, in the same order, and give the same, to the byte.
 *
 * POST with a file of transcripts answers how many sessions, steps and calls there were, and the first difference.
 */
import module from '../../build/wasm/deputy.wasm';
import { Reader } from '../../shim/wire.js';

/**
 * @typedef {import('../../shim/core.js').Exports} Exports
 * @typedef {{ kind: number, first: Uint8Array, second: Uint8Array, answer: Uint8Array }} Call
 */

const KINDS = ['', 'query', 'sha256', 'hmac_sha256', 'ed25519_sign', 'ed25519_public_key'];
const NOTHING = new Uint8Array();

class Difference extends Error {}

/** @param {Uint8Array} bytes as a person can read them */
function shown(bytes) {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, 400));
  return JSON.stringify(text) + (bytes.length > 400 ? ` and ${bytes.length - 400} bytes more` : '');
}

/** @param {string} what @param {Uint8Array} native @param {Uint8Array} wasm */
function mustBeSame(what, native, wasm) {
  const size = Math.max(native.length, wasm.length);
  for (let at = 0; at < size; ++at) {
    if (native[at] === wasm[at]) continue;
    const from = Math.max(0, at - 40);
    throw new Difference(`${what} differs from byte ${at} on:\n  native: ${shown(native.subarray(from))}\n  wasm:   ${shown(wasm.subarray(from))}`);
  }
}

class Replay {
  /** @type {Call[]} */ #calls = [];
  #at = 0;
  #exports;
  where = '';

  constructor() {
    /** @param {number} at @param {number} size */
    const bytes = (at, size) => new Uint8Array(this.#exports.memory.buffer, at, size);
    /** @param {number} kind @param {Uint8Array} first @param {Uint8Array} second */
    const answer = (kind, first, second) => this.#answer(kind, first, second);
    const instance = new WebAssembly.Instance(module, {
      host: {
        query: (/** @type {number} */ sql, /** @type {number} */ sqlSize, /** @type {number} */ values, /** @type {number} */ valuesSize) => {
          const rows = answer(1, bytes(sql, sqlSize), bytes(values, valuesSize));
          // What they cost comes first; natively nobody counts it.
          const at = this.#exports.result_buffer(8 + rows.length);
          bytes(at, 8).fill(0);
          bytes(at + 8, rows.length).set(rows);
          return 8 + rows.length;
        },
        sha256: (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ out) => bytes(out, 32).set(answer(2, bytes(at, size), NOTHING)),
        hmac_sha256: (/** @type {number} */ key, /** @type {number} */ keySize, /** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ out) =>
          bytes(out, 32).set(answer(3, bytes(key, keySize), bytes(at, size))),
        ed25519_sign: (/** @type {number} */ seed, /** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ out) =>
          bytes(out, 64).set(answer(4, bytes(seed, 32), bytes(at, size))),
        ed25519_public_key: (/** @type {number} */ seed, /** @type {number} */ out) => bytes(out, 32).set(answer(5, bytes(seed, 32), NOTHING)),
      },
      env: { emscripten_notify_memory_growth() {} },
      wasi_snapshot_preview1: {
        proc_exit() {
          throw new Error('the core gave up');
        },
      },
    });
    this.#exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
    this.#exports._initialize();
  }

  /** @param {Call[]} calls */
  #expect(calls) {
    this.#calls = calls;
    this.#at = 0;
  }

  /** @param {number} kind @param {Uint8Array} first @param {Uint8Array} second */
  #answer(kind, first, second) {
    const call = this.#calls[this.#at++];
    const what = `${this.where}, call ${this.#at}`;
    if (call?.kind !== kind) {
      throw new Difference(`${what}: natively ${call ? `${KINDS[call.kind]} ${shown(call.first)}` : 'none'}, in wasm ${KINDS[kind]} ${shown(first)}`);
    }
    mustBeSame(`${what} (${KINDS[kind]}), what it is about`, call.first, first);
    mustBeSame(`${what} (${KINDS[kind]} ${shown(call.first)}), what goes with it`, call.second, second);
    return call.answer;
  }

  #allAsked() {
    if (this.#at < this.#calls.length) throw new Difference(`${this.where}: natively ${this.#calls.length} calls, in wasm ${this.#at}`);
  }

  /** @param {Uint8Array} input */
  #give(input) {
    const at = this.#exports.input_buffer(input.length);
    new Uint8Array(this.#exports.memory.buffer, at, input.length).set(input);
  }

  /** @param {Uint8Array} variables @param {Call[]} calls */
  configure(variables, calls) {
    this.#expect(calls);
    this.#give(variables);
    this.#exports.configure(variables.length);
    this.#allAsked();
  }

  /** @param {number} object @param {Uint8Array} input @param {Call[]} calls @param {Uint8Array} output */
  step(object, input, calls, output) {
    this.#expect(calls);
    this.#give(input);
    const at = this.#exports.step(input.length, object);
    this.#allAsked();
    const { buffer } = this.#exports.memory;
    mustBeSame(`${this.where}, its output`, output, new Uint8Array(buffer, at + 4, new DataView(buffer).getUint32(at, true)));
  }
}

/** @param {Reader} session @returns {Call[]} */
function callsOf(session) {
  return Array.from({ length: session.u32() }, () => ({ kind: session.u8(), first: session.data(), second: session.data(), answer: session.data() }));
}

/** @param {Uint8Array} bytes */
function replay(bytes) {
  const file = new Reader(bytes);
  const seen = { sessions: 0, steps: 0, calls: 0, bytes: 0, difference: '' };
  const replays = { current: /** @type {Replay | undefined} */ (undefined) };
  try {
    while (!file.finished) {
      const name = file.text();
      const session = new Reader(file.data());
      const one = (replays.current = new Replay());
      one.where = `${name}, session ${++seen.sessions}, its beginning`;
      one.configure(session.data(), callsOf(session));
      for (let step = 1; !session.finished; ++step) {
        one.where = `${name}, session ${seen.sessions}, step ${step}`;
        const object = session.u32();
        const input = session.data();
        const calls = callsOf(session);
        const output = session.data();
        one.step(object, input, calls, output);
        seen.steps++;
        seen.calls += calls.length;
        seen.bytes += output.length;
      }
    }
  } catch (error) {
    seen.difference = error instanceof Difference ? error.message : `${replays.current?.where}: ${/** @type {Error} */ (error).stack}`;
  }
  return seen;
}

export default {
  /** @param {Request} request */
  async fetch(request) {
    return Response.json(replay(new Uint8Array(await request.arrayBuffer())));
  },
};
