import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for a condition instead of for a time.
 * @template T
 * @param {string} what is waited for, for the message
 * @param {() => T | Promise<T>} condition gives something true when it has come
 * @param {number} [seconds] to wait at most
 * @returns {Promise<T>}
 */
export async function until(what, condition, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} seconds: ${what}`);
    await sleep(20);
  }
}
