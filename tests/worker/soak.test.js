// The soak itself: a few people for some seconds, and figures that must not pass. What it finds in half an hour is in
// docs/SECURITY-TESTING.md.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { soak } from '../bench/soak.js';
import { fit, judge } from '../bench/soak/judgement.js';

const MIB = 1024 * 1024;
/** A figure for each of 30 minutes. @param {(minute: number) => number} value */
const minutes = (value) => Array.from({ length: 30 }, (_, index) => ({ minute: index + 1, value: value(index + 1) }));
/** Growth and scatter together. @param {number} slope MiB a minute */
const growing = (slope) => minutes((minute) => (300 + slope * minute + (minute % 2) * 4) * MIB);

const GOOD = {
  errors: new Map(),
  requests: 1000,
  memory: growing(0),
  heap: growing(0),
  largest: MIB,
  largestLog: MIB,
  entries: 2000,
  orders: { begun: 100, acknowledged: 99, kept: 100, copied: 100, waiting: 0 },
};
/** What does not hold with these figures. @param {Partial<typeof GOOD>} [figures] */
const failing = (figures) => judge({ ...GOOD, ...figures }).filter(({ holds }) => !holds).map(({ what }) => what);

describe('the judgement of a soak', () => {
  test('good figures pass', () => assert.deepEqual(failing(), []));

  test('one error fails, and so does a soak without any answer', () => {
    assert.deepEqual(failing({ errors: new Map([['tools: 500', 1]]) }), ['no error that is not a chosen limit']);
    assert.deepEqual(failing({ requests: 0 }), ['no error that is not a chosen limit']);
  });

  test('growth of the process fails when it is more than a tenth, in the last two thirds', () => {
    assert.deepEqual(failing({ memory: growing(1.3) }), []);
    assert.deepEqual(failing({ memory: growing(2.5) }), ['the memory of workerd is on a plateau']);
    // People come in the first third: that is no growth.
    assert.deepEqual(failing({ memory: minutes((minute) => Math.min(minute, 10) * 30 * MIB) }), []);
  });

  test('a heap that grows by a megabyte a minute fails', () => {
    assert.deepEqual(failing({ heap: growing(0.1) }), []);
    assert.deepEqual(failing({ heap: growing(1) }), ['the heap of the Worker is, after collections']);
  });

  test('an object that is too large fails, or a log, or a trail', () => {
    for (const figures of [{ largest: 16 * MIB }, { largestLog: 16 * MIB }, { entries: 4000 }]) assert.deepEqual(failing(figures), []);
    for (const figures of [{ largest: 16 * MIB + 1 }, { largestLog: 16 * MIB + 1 }, { entries: 4001 }]) assert.deepEqual(failing(figures), ['each object is bounded']);
  });

  test('an order that is lost, there twice, not copied or still to be copied fails', () => {
    for (const orders of [{ kept: 98, copied: 98 }, { kept: 101, copied: 101 }, { copied: 99 }, { waiting: 1 }]) {
      assert.deepEqual(failing({ orders: { ...GOOD.orders, ...orders } }), ['no order is lost, none is there twice, and each is copied']);
    }
  });

  test('the line through figures on a line is that line', () => {
    const { slope, error } = fit(minutes((minute) => 5 + 3 * minute));
    assert.ok(Math.abs(slope - 3) < 1e-9 && error < 1e-9, `${slope} ± ${error}`);
  });
});

test('a small soak runs through, and nothing fails or is lost', async () => {
  const { judgements, findings } = await soak({ minutes: 0.07, principals: 15, orders: 20, connections: 20, rate: 20, hostile: false });
  assert.deepEqual([...findings.errors], []);
  assert.ok(findings.requests > 60, `${findings.requests} answers`);
  assert.deepEqual(findings.orders, { begun: 20, acknowledged: 20, kept: 20, copied: 20, waiting: 0 });
  assert.ok(findings.memory.length > 0 && findings.heap.length > 0);
  // Memory says nothing within seconds of the start.
  const timeless = judgements.filter(({ what }) => !/memory|heap/.test(what));
  assert.deepEqual(timeless.filter(({ holds }) => !holds), []);
  assert.equal(timeless.length, 3);
});
