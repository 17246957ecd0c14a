// The byte format of wasm/core/wire.h, from the JavaScript side: little-endian, length-prefixed.

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** In UTF-16 units. */
const SHORT = 100;

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
    this.#claim(1).setUint8(this.#size - 1, value);
  }

  /** @param {number} value */
  u32(value) {
    this.#claim(4).setUint32(this.#size - 4, value, true);
  }

  /** @param {number} value */
  f64(value) {
    this.#claim(8).setFloat64(this.#size - 8, value, true);
  }

  /** @param {string} text */
  text(text) {
    this.#reserve(4 + text.length * 3); // no character takes more than three bytes for each of its UTF-16 units
    const from = this.#size + 4;
    // What is short and ASCII, as most texts are, is written before an encoder would have been called.
    const quick = text.length <= SHORT ? text.length : 0;
    let written = 0;
    for (let unit; written < quick && (unit = text.charCodeAt(written)) < 128; ++written) this.#memory[from + written] = unit;
    if (written < text.length) written = encoder.encodeInto(text, this.#memory.subarray(from)).written;
    this.#view.setUint32(this.#size, written, true);
    this.#size = from + written;
  }

  /** @param {Uint8Array} data */
  data(data) {
    this.u32(data.length);
    this.#claim(data.length);
    this.#memory.set(data, this.#size - data.length);
  }

  /** Bytes that are in this format already. @param {Uint8Array} bytes */
  raw(bytes) {
    this.#claim(bytes.length);
    this.#memory.set(bytes, this.#size - bytes.length);
  }

  /** Takes `count` bytes more; gives the memory, which may have moved. @param {number} count */
  #claim(count) {
    this.#reserve(count);
    this.#size += count;
    return this.#view;
  }

  /** @param {number} count */
  #reserve(count) {
    if (this.#size + count <= this.#memory.length) return;
    const larger = new Uint8Array(Math.max(this.#memory.length * 2, this.#size + count));
    larger.set(this.#memory);
    this.#memory = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Reads values that the core wrote; what it gives is copied out of the core's memory. */
export class Reader {
  #memory;
  #view;
  #at;
  #end;

  /** @param {Uint8Array} memory @param {DataView} view of the same @param {number} at @param {number} size in bytes */
  constructor(memory, view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength), at = 0, size = memory.length) {
    this.#memory = memory;
    this.#view = view;
    this.#at = at;
    this.#end = at + size;
  }

  get finished() {
    return this.#at >= this.#end;
  }

  u8() {
    return this.#view.getUint8(this.#skip(1));
  }

  u32() {
    return this.#view.getUint32(this.#skip(4), true);
  }

  f64() {
    return this.#view.getFloat64(this.#skip(8), true);
  }

  text() {
    return decoder.decode(this.view());
  }

  /** All that is left. */
  restBytes() {
    return this.#memory.slice(this.#at, this.#end);
  }

  /** All that is left, as text. */
  rest() {
    return decoder.decode(this.#memory.subarray(this.#at, this.#end));
  }

  data() {
    return this.view().slice();
  }

  /** As it lies in the memory that is read: good until the next step. */
  view() {
    const size = this.u32();
    const at = this.#skip(size);
    return this.#memory.subarray(at, at + size);
  }

  /** @param {number} count */
  #skip(count) {
    this.#at += count;
    return this.#at - count;
  }
}
