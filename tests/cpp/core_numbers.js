/**
 * Doubles as ECMAScript writes them, for core_canonical_json.cpp: a line for each, its 64 bits in hexadecimal and its text.
 * Always the same ones: powers of two and of ten with their neighbours, short decimals, large integers, and any bits at all.
 *
 *   node tests/cpp/core_numbers.js FILE
 */
import { writeFileSync } from 'node:fs';

const view = new DataView(new ArrayBuffer(8));
const bitsOf = (/** @type {number} */ number) => (view.setFloat64(0, number), view.getBigUint64(0));
const numberOf = (/** @type {bigint} */ bits) => (view.setBigUint64(0, bits), view.getFloat64(0));

let state = 1n;
/** 64 bits; the low ones of this generator (Knuth's MMIX) are poor. */
function random() {
  const next = () => (state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)) >> 32n;
  return (next() << 32n) | next();
}

/** @type {number[]} */
const numbers = [];
const withNeighbours = (/** @type {number} */ number) => {
  const bits = bitsOf(number);
  for (const near of [bits - 1n, bits, bits + 1n]) numbers.push(numberOf(near));
};
for (let power = -1074; power <= 1023; power++) withNeighbours(2 ** power);
for (let power = -323; power <= 308; power++) withNeighbours(Number(`1e${power}`));
for (let i = 0; i < 1500; i++) numbers.push(Number(`${random() >> (random() % 60n)}e${(random() % 600n) - 310n}`));
for (let i = 0; i < 1500; i++) numbers.push(Number(random() >> (random() % 14n)));
for (let i = 0; i < 5000; i++) numbers.push(numberOf(random()));

const lines = numbers
  .filter(Number.isFinite)
  .map((number) => `${bitsOf(number).toString(16).padStart(16, '0')} ${String(number)}\n`);
writeFileSync(process.argv[2], lines.join(''));
