// The byte format of wasm/core/wire.h, from the JavaScript side: little-endian, length-prefixed.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes values into memory that is reused: `bytes()` is valid until the next `reset()`. */
export class Writer {
  #memory = new Uint8Array(16 * 1024);
  #view = new DataView(this.#memory.buffer);
  #size = 0;

  reset() {
    this.#size = 0;
    return this;
  }

  bytes() {
    return this.#memory.subarray(0, this.#size);
  }

  /** @param {number} value */
  u8(value) {
    this.#reserve(1);
    this.#memory[this.#size++] = value;
  }

  /** @param {number} value */
  u16(value) {
    this.#reserve(2);
    this.#view.setUint16(this.#size, value, true);
    this.#size += 2;
  }

  /** @param {number} value */
  u32(value) {
    this.#reserve(4);
    this.#view.setUint32(this.#size, value, true);
    this.#size += 4;
  }

  /** @param {number} value */
  f64(value) {
    this.#reserve(8);
    this.#view.setFloat64(this.#size, value, true);
    this.#size += 8;
  }

  /** @param {string} text */
  text(text) {
    this.#reserve(4 + text.length * 3); // no character takes more than three bytes for each of its UTF-16 units
    const { written } = encoder.encodeInto(text, this.#memory.subarray(this.#size + 4));
    this.#view.setUint32(this.#size, written, true);
    this.#size += 4 + written;
  }

  /** @param {Uint8Array} data */
  data(data) {
    this.u32(data.length);
    this.#reserve(data.length);
    this.#memory.set(data, this.#size);
    this.#size += data.length;
  }

  /** @param {number} count */
  #reserve(count) {
    if (this.#size + count <= this.#memory.length) return;
    const larger = new Uint8Array(Math.max(this.#memory.length * 2, this.#size + count));
    larger.set(this.#memory.subarray(0, this.#size));
    this.#memory = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Reads values that the core wrote; what it gives is copied out of the core's memory. */
export class Reader {
  #memory;
  #view;
  #at = 0;

  /** @param {Uint8Array} memory */
  constructor(memory) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  }

  get finished() {
    return this.#at >= this.#memory.length;
  }

  u8() {
    return this.#memory[this.#at++];
  }

  u16() {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2, true);
  }

  u32() {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  f64() {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  text() {
    return decoder.decode(this.#take());
  }

  data() {
    return this.#take().slice();
  }

  #take() {
    const size = this.u32();
    this.#at += size;
    return this.#memory.subarray(this.#at - size, this.#at);
  }
}
