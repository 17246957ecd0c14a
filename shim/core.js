// The core's instance: one for the isolate, serving the Worker and all of its objects, for steps never overlap.
//
// Bytes cross as pointer and length through buffers that are reused. After a trap the instance is in an unknown state and is
// thrown away; the next step gets a new one.

import { Reader, Writer } from './wire.js';

/**
 * @typedef {{
 *   memory: WebAssembly.Memory,
 *   input_buffer(size: number): number,
 *   result_buffer(size: number): number,
 *   body_limit(): number,
 *   scopes(): number,
 *   configure(size: number): void,
 *   step(size: number, object: number): number,
 *   _initialize(): void,
 * }} Exports
 */

/** When something is signed, not before the first answer: the runtime takes a while to load it. */
const nodeCrypto = () => (loaded ??= process.getBuiltinModule('node:crypto'));
/** @type {typeof import('node:crypto') | undefined} */
let loaded;

const decoder = new TextDecoder();
const NULL = 0;
const INTEGER = 1;
const TEXT = 2;

/** What comes before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
/** More keys than a deployment has. */
const MAX_KEYS = 8;
/** Unpredictable bytes that a step gets. */
const ENTROPY = 96;

export class Core {
  /** @type {Exports | null} */
  #exports = null;
  /** @type {SqlStorage | null} */
  #sql = null;
  /** Statements, by where their texts lie in the instance's memory. `columns`: of an answer; -1 before the first. @type {Map<number, { text: string, columns: number }>} */
  #statements = new Map();
  /** The instance's memory, as it is after the last growth. */
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #input = new Writer();
  #rows = new Writer();
  #entropy = new Uint8Array(64 * ENTROPY);
  #entropyUsed = this.#entropy.length;
  /** Ed25519 keys that were used. @type {{ seed: Uint8Array, key: import('node:crypto').KeyObject }[]} */
  #keys = [];
  #variables;

  /** @param {Record<string, unknown>} env the Worker's variables and bindings; the core takes the strings, and whether calls are counted */
  constructor(env) {
    const variables = Object.entries(env).filter(([, value]) => typeof value === 'string');
    this.#variables = JSON.stringify({ ...Object.fromEntries(variables), WASM_SHA256: moduleHash, ANALYTICS: env.ANALYTICS && 'bound' });
    /** The largest request body that the core takes, in bytes. */
    this.bodyLimit = this.#instance().body_limit();
    /** The OAuth scopes that the core knows. */
    const { scopes } = this.#instance();
    this.scopes = this.#output(scopes()).rest().split(' ');
  }

  /**
   * One step. Throws what the core or the storage threw; the instance is gone then.
   * @param {(input: Writer) => void} write writes the input after its head
   * @param {SqlStorage | null} sql the storage of the object whose step this is
   * @param {number} object its number (`newObject`), or 0 in the Worker
   * @returns {Reader} the output, valid until the next step
   */
  step(write, sql = null, object = 0) {
    const exports = this.#instance();
    const input = this.#input.reset();
    input.u8(1);
    input.f64(Date.now());
    input.data(this.#seed());
    write(input);
    try {
      this.#sql = sql;
      return this.#output(exports.step(this.#put(input.bytes(), 'input_buffer'), object));
    } catch (error) {
      this.#exports = null;
      throw error;
    } finally {
      this.#sql = null;
    }
  }

  /** From a pool: one system call for many steps. */
  #seed() {
    if (this.#entropyUsed === this.#entropy.length) {
      crypto.getRandomValues(this.#entropy);
      this.#entropyUsed = 0;
    }
    this.#entropyUsed += ENTROPY;
    return this.#entropy.subarray(this.#entropyUsed - ENTROPY, this.#entropyUsed);
  }

  #instance() {
    if (this.#exports) return this.#exports;
    const instance = new WebAssembly.Instance(module, {
      host: {
        query: this.#query.bind(this),
        ed25519_sign: this.#sign.bind(this),
        ed25519_public_key: this.#publicKey.bind(this),
      },
      env: { emscripten_notify_memory_growth() {} },
      wasi_snapshot_preview1: {
        proc_exit() {
          throw new Error('the core gave up');
        },
      },
    });
    const exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
    this.#exports = exports;
    this.#bytes = new Uint8Array(0);
    this.#statements.clear();
    exports._initialize();
    exports.configure(this.#put(new TextEncoder().encode(this.#variables), 'input_buffer'));
    return exports;
  }

  /** To be asked for after each call that may allocate: memory that grows is another, and the one before is empty. */
  #memory() {
    if (this.#bytes.length === 0) {
      const { buffer } = /** @type {Exports} */ (this.#exports).memory;
      this.#bytes = new Uint8Array(buffer);
      this.#view = new DataView(buffer);
    }
    return this.#bytes;
  }

  /** How many bytes the core finds there. @param {Uint8Array} bytes @param {'input_buffer' | 'result_buffer'} buffer */
  #put(bytes, buffer) {
    const at = /** @type {Exports} */ (this.#exports)[buffer](bytes.length);
    this.#memory().set(bytes, at);
    return bytes.length;
  }

  /** What the core gives: its length, then its bytes. @param {number} at */
  #output(at) {
    const memory = this.#memory();
    return new Reader(memory, this.#view, at + 4, this.#view.getUint32(at, true));
  }

  /** @param {number} at @param {number} size */
  #slice(at, size) {
    return this.#memory().subarray(at, at + size);
  }

  /** @param {number} sqlAt @param {number} sqlSize @param {number} valuesAt @param {number} valuesSize */
  #query(sqlAt, sqlSize, valuesAt, valuesSize) {
    let statement = this.#statements.get(sqlAt);
    if (!statement) {
      statement = { text: decoder.decode(this.#slice(sqlAt, sqlSize)), columns: -1 };
      this.#statements.set(sqlAt, statement);
    }
    const values = new Reader(this.#memory(), this.#view, valuesAt, valuesSize);
    const parameters = [];
    while (!values.finished) {
      const kind = values.u8();
      parameters.push(kind === INTEGER ? values.f64() : kind === TEXT ? values.text() : null);
    }
    const cursor = /** @type {SqlStorage} */ (this.#sql).exec(statement.text, ...parameters);
    if (statement.columns < 0) statement.columns = cursor.columnNames.length;
    // To its end, also where no row comes: a statement that is not done cannot be used again. One without columns is done.
    const rows = statement.columns > 0 ? [...cursor.raw()] : [];
    const out = this.#rows.reset();
    out.u32(cursor.rowsRead);
    out.u32(cursor.rowsWritten);
    out.u32(statement.columns);
    out.u32(rows.length);
    for (const row of rows) {
      for (const value of row) {
        if (typeof value === 'number') {
          out.u8(INTEGER);
          out.f64(value);
        } else if (typeof value === 'string') {
          out.u8(TEXT);
          out.text(value);
        } else {
          out.u8(NULL);
        }
      }
    }
    return this.#put(out.bytes(), 'result_buffer');
  }

  /** @param {number} seedAt @param {number} at @param {number} size @param {number} signatureAt */
  #sign(seedAt, at, size, signatureAt) {
    this.#memory().set(nodeCrypto().sign(null, this.#slice(at, size), this.#key(seedAt)), signatureAt);
  }

  /** @param {number} seedAt @param {number} keyAt */
  #publicKey(seedAt, keyAt) {
    const der = nodeCrypto().createPublicKey(this.#key(seedAt)).export({ format: 'der', type: 'spki' });
    this.#memory().set(der.subarray(-32), keyAt);
  }

  /** @param {number} seedAt */
  #key(seedAt) {
    const seed = this.#slice(seedAt, 32);
    const known = this.#keys.find((each) => each.seed.every((byte, at) => byte === seed[at]));
    if (known) return known.key;
    const key = nodeCrypto().createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
    if (this.#keys.length === MAX_KEYS) this.#keys = [];
    this.#keys.push({ seed: seed.slice(), key });
    return key;
  }
}

/** @type {WebAssembly.Module} */
let module;

/** SHA-256 of the module, in hexadecimal. */
let moduleHash = '';

/** The module that this isolate runs, with what `sha256sum` prints of it; once, before any request. @param {WebAssembly.Module} wasm @param {string} sum */
export function provide(wasm, sum) {
  module = wasm;
  moduleHash = sum.slice(0, 64);
}

let objects = 0;

/**
 * A number for an object. What its storage answered is remembered under it: one that wakes up gets another, and one of
 * whose writes any were taken back.
 */
export const newObject = () => ++objects;

/** @type {Core | undefined} */
let core;

/** The isolate's core. @param {Env} env */
export function coreOf(env) {
  return (core ??= new Core(/** @type {Record<string, unknown>} */ (/** @type {unknown} */ (env))));
}
