/** The power goes at random moments, again and again: a short run of `pnpm bench kill`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Killing } from '../support/killing.js';

test('12 kills amid purchases, approvals and revocations: all that was acknowledged is there, once, and nothing is held', async () => {
  const killing = new Killing({ people: 2 });
  try {
    await killing.start();
    for (let round = 1; round <= 12; round++) await killing.round(round);
    const seen = await killing.check();
    assert.ok(seen.restarts >= 12 && seen.acknowledged > 0, JSON.stringify(seen));
    await killing.checkHolds();
  } finally {
    await killing.stop();
  }
});
