/** A module in workerd whose host is a recording (tape.h): it must ask the same, in the same order, to the byte. */

/**
 * @typedef {{ kind: number, first: Uint8Array, second: Uint8Array, answer: Uint8Array }} Call
 * @typedef {import('../../shim/core.js').Exports} Exports
 */

/** What an entry of a tape is. */
export const KIND = Object.freeze({ query: 1, ed25519_sign: 2, ed25519_public_key: 3, output: 4, fact: 5, run: 6, section: 7 });
const nameOf = (/** @type {number} */ kind) => Object.entries(KIND).find(([, value]) => value === kind)?.[0];
const NOTHING = new Uint8Array();

export class Difference extends Error {}

/** @param {Uint8Array} bytes as a person can read them */
function shown(bytes) {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, 400));
  return JSON.stringify(text) + (bytes.length > 400 ? ` and ${bytes.length - 400} bytes more` : '');
}

/** @param {string} what @param {Uint8Array} native @param {Uint8Array} wasm */
export function mustBeSame(what, native, wasm) {
  const size = Math.max(native.length, wasm.length);
  for (let at = 0; at < size; ++at) {
    if (native[at] === wasm[at]) continue;
    const from = Math.max(0, at - 40);
    throw new Difference(`${what} differs from byte ${at} on:\n  native: ${shown(native.subarray(from))}\n  wasm:   ${shown(wasm.subarray(from))}`);
  }
}

/** @param {import('../../shim/wire.js').Reader} tape @returns {Call} */
export const callOf = (tape) => ({ kind: tape.u8(), first: tape.data(), second: tape.data(), answer: tape.data() });

export class Recording {
  /** @type {Call[]} */ #calls = [];
  #at = 0;
  /** For people: the session and its step, or the test. */
  where = '';

  /** @param {Call[]} calls that come next */
  expect(calls) {
    this.#calls = calls;
    this.#at = 0;
  }

  get next() {
    return this.#calls.at(this.#at);
  }

  /** @param {number} kind @param {Uint8Array} first @param {Uint8Array} second */
  answer(kind, first, second = NOTHING) {
    const call = this.#calls[this.#at++];
    const what = `${this.where}, call ${this.#at}`;
    if (call?.kind !== kind) {
      throw new Difference(`${what}: natively ${call ? `${nameOf(call.kind)} ${shown(call.first)}` : 'none'}, in wasm ${nameOf(kind)} ${shown(first)}`);
    }
    mustBeSame(`${what} (${nameOf(kind)}), what it is about`, call.first, first);
    mustBeSame(`${what} (${nameOf(kind)} ${shown(call.first)}), what goes with it`, call.second, second);
    return call.answer;
  }

  allAsked() {
    if (this.#at < this.#calls.length) throw new Difference(`${this.where}: natively ${this.#calls.length} calls, in wasm ${this.#at}`);
  }
}

function gaveUp() {
  throw new Error('it gave up');
}

/** An instance of a module with a recording for its host. */
export class Instance {
  /** @param {WebAssembly.Module} module @param {Recording} recording @param {(instance: Instance) => WebAssembly.ModuleImports} more imports than the core has */
  constructor(module, recording, more = () => ({})) {
    /** @param {number} kind @param {Uint8Array} first @param {Uint8Array} [second] */
    const answer = (kind, first, second) => recording.answer(kind, first, second);
    const instance = new WebAssembly.Instance(module, {
      host: {
        query: (/** @type {number} */ sql, /** @type {number} */ sqlSize, /** @type {number} */ values, /** @type {number} */ valuesSize) => {
          const rows = answer(KIND.query, this.bytes(sql, sqlSize), this.bytes(values, valuesSize));
          // What they cost comes first; natively nobody counts it.
          const at = this.exports.result_buffer(8 + rows.length);
          this.bytes(at, 8).fill(0);
          this.bytes(at + 8, rows.length).set(rows);
          return 8 + rows.length;
        },
        ed25519_sign: (/** @type {number} */ seed, /** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ out) =>
          this.bytes(out, 64).set(answer(KIND.ed25519_sign, this.bytes(seed, 32), this.bytes(at, size))),
        ed25519_public_key: (/** @type {number} */ seed, /** @type {number} */ out) => this.bytes(out, 32).set(answer(KIND.ed25519_public_key, this.bytes(seed, 32))),
        ...more(this),
      },
      env: { emscripten_notify_memory_growth() {} },
      // Nothing calls these but what gives up.
      wasi_snapshot_preview1: { proc_exit: gaveUp, fd_write: gaveUp, fd_seek: gaveUp, fd_close: gaveUp },
    });
    this.exports = /** @type {Exports & { tests(): number, run_test(size: number): number }} */ (/** @type {unknown} */ (instance.exports));
    this.exports._initialize();
  }

  /** @param {number} at @param {number} size */
  bytes(at, size) {
    return new Uint8Array(this.exports.memory.buffer, at, size);
  }

  /** @param {Uint8Array} input */
  give(input) {
    this.bytes(this.exports.input_buffer(input.length), input.length).set(input);
  }
}
