/** What the native build was given and gave, replayed in workerd on the module that ships: the same to the byte. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startWorker } from '../support/worker.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** So much is sent at once. */
const CHUNK = 16 * 1024 * 1024;

/** @type {import('../support/worker.js').RunningWorker} */
let worker;
before(async () => {
  worker = await startWorker({ project: join(PROJECT, 'tests/transcripts') });
});
after(() => worker?.stop());

/** @typedef {{ sessions: number, steps: number, calls: number, bytes: number, tests?: number, difference: string }} Seen */

/** @param {'/steps' | '/tests'} what @param {Buffer} bytes @returns {Promise<Seen>} */
async function replay(what, bytes) {
  const answer = await fetch(new URL(what, worker.url), { method: 'POST', body: new Uint8Array(bytes) });
  return /** @type {Seen} */ (await answer.json());
}

/** Sessions, or tests, as they stand in a file, each with its name. @param {Buffer} file */
function* sessionsOf(file) {
  for (let at = 0; at < file.length; ) {
    let end = at + 4 + file.readUInt32LE(at);
    end += 4 + file.readUInt32LE(end);
    yield file.subarray(at, end);
    at = end;
  }
}

/** @param {string} name of the files @param {'/steps' | '/tests'} what */
async function replayAll(name, what) {
  /** @type {Seen} */
  const seen = { sessions: 0, steps: 0, calls: 0, bytes: 0, difference: '' };
  let chunk = /** @type {Buffer[]} */ ([]);
  const send = async () => {
    const part = await replay(what, Buffer.concat(chunk));
    chunk = [];
    if (part.difference) return assert.fail(part.difference);
    for (const figure of /** @type {const} */ (['sessions', 'steps', 'calls', 'bytes'])) seen[figure] += part[figure];
    seen.tests = part.tests;
  };
  for (const path of recorded(name)) {
    for (const session of sessionsOf(readFileSync(path))) {
      chunk.push(session);
      if (chunk.reduce((sum, { length }) => sum + length, 0) > CHUNK) await send();
    }
  }
  if (chunk.length > 0) await send();
  return seen;
}

/** @param {string} name */
const recorded = (name) => globSync(`build/transcripts/${name}.bin`, { cwd: PROJECT }).sort().map((path) => join(PROJECT, path));
/** @param {Seen} seen */
const told = ({ sessions, steps, calls, bytes }) => `${sessions} sessions, ${steps} steps, ${calls} calls, ${bytes} bytes of output`;

for (const name of ['native-*', 'step', 'resume', 'requests']) {
  test(`${name}: native and wasm ask and answer the same`, async (context) => {
    const seen = await replayAll(name, '/steps');
    assert.ok(seen.sessions > 0 && seen.steps > seen.sessions && seen.calls > seen.steps, JSON.stringify(seen));
    context.diagnostic(told(seen));
  });
}

test('the tests of the protocol ask and answer in wasm as natively, and everything that they claim holds there', async (context) => {
  const seen = await replayAll('tests-*', '/tests');
  assert.ok(seen.steps > seen.sessions && seen.calls > seen.steps, JSON.stringify(seen));
  assert.equal(seen.sessions, seen.tests, 'tests that ran natively, and tests that are in the module');
  context.diagnostic(told(seen));
});

test('a byte that is another is noticed, wherever it is', async () => {
  const [path] = recorded('native-*');
  const [session] = sessionsOf(readFileSync(path));
  assert.equal((await replay('/steps', session)).difference, '');
  // The last byte is one of the last output.
  const output = Buffer.from(session);
  output[output.length - 1] ^= 1;
  assert.match((await replay('/steps', output)).difference, /its output differs from byte/);
  const statement = Buffer.from(session);
  statement[statement.indexOf('CREATE TABLE')] ^= 1;
  assert.match((await replay('/steps', statement)).difference, /\(query\), what it is about differs from byte 0/);
  const parameter = Buffer.from(session);
  parameter[parameter.indexOf('authority_schema')] ^= 1;
  assert.match((await replay('/steps', parameter)).difference, /what goes with it differs from byte/);
});

/** The tape of a test, with another byte where these words end. @param {string} name of the test @param {string} words */
async function withAnotherByte(name, words) {
  const tests = recorded('tests-*').flatMap((path) => [...sessionsOf(readFileSync(path))]);
  const tape = tests.find((test) => test.includes(name)) ?? assert.fail(`there is no test ${name}`);
  assert.equal((await replay('/tests', tape)).difference, '');
  const another = Buffer.from(tape);
  const at = another.indexOf(words);
  assert.ok(at > 0, `the test never says ${words}`);
  another[at + words.length - 1] ^= 1;
  return another;
}

test('so is one in the tape of a test', async () => {
  // What the server calls itself stands in outputs alone.
  const output = await withAnotherByte('Legacy calls: a client that takes no streams cannot be asked', 'Test Server');
  assert.match((await replay('/tests', output)).difference, /\(output\), what it is about differs from byte/);
});

test('and an assertion of a test that does not hold in wasm', async () => {
  // The test compares what is left in the tables with what it expects.
  const fact = await withAnotherByte('Streams: a grant has a hundred streams, and a new one takes the place of the oldest', 'streams 101');
  assert.match((await replay('/tests', fact)).difference, /natively it holds, in wasm not: .*left_over/);
});
