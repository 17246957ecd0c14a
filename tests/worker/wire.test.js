/** The byte format between shim and core (`wasm/core/wire.h`), from the shim's side. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Reader, Writer } from '../../shim/wire.js';

describe('a text', () => {
  // Up to 100 units it is written by hand as long as it is ASCII, beyond that by an encoder.
  for (const length of [0, 1, 99, 100, 101, 20_000]) {
    const ascii = 'a'.repeat(length);
    for (const text of [ascii, `${ascii.slice(1)}ß`, `ß${ascii.slice(1)}`, `${ascii}👋🏽${ascii}`, `${ascii}\ud800`]) {
      test(`of ${text.length} units is its UTF-8, and what comes behind it is not touched: ${JSON.stringify(text).slice(0, 12)}…`, () => {
        const writer = new Writer();
        writer.text('before');
        writer.text(text);
        writer.u32(7);
        const reader = new Reader(writer.bytes());
        assert.equal(reader.text(), 'before');
        assert.deepEqual(Buffer.from(reader.view()), Buffer.from(text));
        assert.equal(reader.u32(), 7);
        assert.ok(reader.finished);
      });
    }
  }
});
