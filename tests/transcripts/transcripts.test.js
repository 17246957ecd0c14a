/** What the native build was given and gave, replayed on the module that ships, in workerd: the same to the byte. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startStack } from '../../dev/stack.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** So much is sent at once. */
const CHUNK = 16 * 1024 * 1024;

/** @type {import('../../dev/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack({ project: join(PROJECT, 'tests/transcripts'), workos: false });
});
after(() => stack?.stop());

/** @typedef {{ sessions: number, steps: number, calls: number, bytes: number, difference: string }} Seen */

/** @param {Buffer} bytes @returns {Promise<Seen>} */
async function replay(bytes) {
  const answer = await fetch(stack.url, { method: 'POST', body: new Uint8Array(bytes) });
  return /** @type {Seen} */ (await answer.json());
}

/** Sessions as they stand in a file, each with its name. @param {Buffer} file */
function* sessionsOf(file) {
  for (let at = 0; at < file.length; ) {
    let end = at + 4 + file.readUInt32LE(at);
    end += 4 + file.readUInt32LE(end);
    yield file.subarray(at, end);
    at = end;
  }
}

/** @param {Buffer} file */
async function replayAll(file) {
  const seen = { sessions: 0, steps: 0, calls: 0, bytes: 0, difference: '' };
  let chunk = /** @type {Buffer[]} */ ([]);
  const send = async () => {
    const part = await replay(Buffer.concat(chunk));
    chunk = [];
    for (const figure of /** @type {const} */ (['sessions', 'steps', 'calls', 'bytes'])) seen[figure] += part[figure];
    seen.difference ||= part.difference;
  };
  for (const session of sessionsOf(file)) {
    if (seen.difference) break;
    chunk.push(session);
    if (chunk.reduce((sum, { length }) => sum + length, 0) > CHUNK) await send();
  }
  if (chunk.length > 0) await send();
  return seen;
}

for (const path of globSync('build/transcripts/*.bin', { cwd: PROJECT }).sort()) {
  test(`${basename(path, '.bin')}: native and wasm ask and answer the same`, async (context) => {
    const seen = await replayAll(readFileSync(join(PROJECT, path)));
    assert.equal(seen.difference, '');
    assert.ok(seen.sessions > 0 && seen.steps > seen.sessions && seen.calls > seen.steps, JSON.stringify(seen));
    context.diagnostic(`${seen.sessions} sessions, ${seen.steps} steps, ${seen.calls} calls, ${seen.bytes} bytes of output`);
  });
}

test('a byte that is another is noticed, wherever it is', async () => {
  const [path] = globSync('build/transcripts/*.bin', { cwd: PROJECT }).sort();
  const [session] = sessionsOf(readFileSync(join(PROJECT, path)));
  assert.equal((await replay(session)).difference, '');
  // The last byte is one of the last output; the very first call is one of the deployment's keys.
  const output = Buffer.from(session);
  output[output.length - 1] ^= 1;
  assert.match((await replay(output)).difference, /its output differs from byte/);
  const secret = Buffer.from(session);
  const at = secret.indexOf('ssssssssssssssss', secret.indexOf('AUTHORITY_SECRET') + 60);
  secret[at] ^= 1;
  assert.match((await replay(secret)).difference, /what (it is about|goes with it) differs from byte/);
});
