/** Load, from wrk. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, PROJECT, run } from '../../../scripts/run.js';

/**
 * @typedef {{ method?: string, headers: Record<string, string | undefined>, body: string }} Message
 * @typedef {object} Load
 * @property {Message[]} firsts sent in turn
 * @property {Message} [second] sent after the answer to each of the first; SESSION in it stands for the session that was begun
 *
 * @typedef {object} Answered
 * @property {number} requests
 * @property {number} seconds
 * @property {number} bytes of all answers, with their heads
 * @property {number} refused answers whose status is above 399
 * @property {number} broken connections that failed, and answers that never came
 * @property {number} p50 milliseconds
 * @property {number} p99
 */

const SCRIPT = join(PROJECT, 'tests/bench/harness/load.lua');

/** @param {URL} url @param {Message} message */
function httpText(url, { method = 'POST', headers, body }) {
  const fields = Object.entries(headers).filter(([, value]) => value !== undefined);
  const head = [`${method} ${url.pathname} HTTP/1.1`, `Host: ${url.host}`, ...fields.map(([name, value]) => `${name}: ${value}`), `Content-Length: ${Buffer.byteLength(body)}`];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** @param {string} address @param {Load} load @param {{ connections: number, seconds: number }} how @returns {Promise<Answered>} */
export async function apply(address, { firsts, second }, { connections, seconds }) {
  const url = new URL(address);
  const file = join(PROJECT, 'build/bench/requests');
  const texts = firsts.map((message) => httpText(url, message)).join('\0');
  writeFileSync(file, second ? `${texts}\0\0${httpText(url, second)}` : texts);
  const { stdout } = await run('wrk', ['--threads', '1', '--connections', `${connections}`, '--duration', `${seconds}s`, '--timeout', '60s', '--script', SCRIPT, address, '--', file]);
  const answered = /** @type {Answered} */ (JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  if (answered.refused + answered.broken > 0) {
    throw new Failure(`${address}: of ${answered.requests} requests ${answered.refused} were refused and ${answered.broken} broke off`);
  }
  return answered;
}
