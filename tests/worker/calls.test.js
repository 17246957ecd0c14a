/** Calls that take a while, through real workerd: clients that leave, come back, are cut off or do not read. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EventStream } from '../support/events.js';
import { Machine } from '../support/machine.js';
import { Endpoint, modernHeaders, modernMessage, message, notification } from '../support/mcp.js';
import { until } from '../support/until.js';

// The fixtures of the conformance suite: they need no sign-in, and have a tool that ticks.
const machine = new Machine({ project: fileURLToPath(new URL('../conformance', import.meta.url)) });

before(() => machine.start());
after(() => machine.stop());

const TYPES = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
const endpoint = () => new Endpoint(`${machine.url}/mcp`);
const running = () => machine.rows('calls', 'streams WHERE reading = 1');

/** @param {{ count: number, bytes: number }} args */
function callModern(args) {
  const request = modernMessage('tools/call', { name: 'ticks', arguments: args, _meta: { progressToken: 0 } });
  const headers = { ...TYPES, ...modernHeaders(request) };
  return EventStream.open(`${machine.url}/mcp`, { method: 'POST', headers, body: JSON.stringify(request) });
}

/** @param {import('../support/mcp.js').Session} session @param {{ count: number, bytes: number }} args */
async function callLegacy(session, args) {
  const request = message('tools/call', { name: 'ticks', arguments: args, _meta: { progressToken: 't' } });
  const headers = { ...TYPES, ...session.headers };
  const stream = await EventStream.open(`${machine.url}/mcp`, { method: 'POST', headers, body: JSON.stringify(request) });
  return { id: request.id, stream };
}

/** @param {import('../support/mcp.js').Session} session @param {string | undefined} lastId */
function comeBack(session, lastId) {
  const headers = { ...session.headers, Accept: 'text/event-stream', 'Last-Event-ID': lastId };
  return EventStream.open(`${machine.url}/mcp`, { headers });
}

/** @param {import('../support/events.js').ServerEvent[]} events */
const progress = (events) => events.filter(({ json }) => json?.method === 'notifications/progress').map(({ json }) => json.params.progress);

describe('a call that tells how it goes', () => {
  test('in the modern era: events as they happen, without ids, then the result', async () => {
    const stream = await callModern({ count: 3, bytes: 0 });
    assert.equal(stream.headers['content-type'], 'text/event-stream');
    const events = await stream.rest();
    assert.deepEqual(progress(events), [1, 2, 3]);
    assert.ok(events.every(({ id, retry }) => id === undefined && retry === undefined));
    assert.equal(events.at(-1)?.json.result.content[0].text, 'Ticked 3 times.');
    assert.equal(running(), 0);
  });

  test('in a session: with ids', async () => {
    const session = await endpoint().open();
    const { id, stream } = await callLegacy(session, { count: 3, bytes: 0 });
    const events = await stream.rest();
    assert.deepEqual(progress(events), [1, 2, 3]);
    assert.ok(events.every((event) => event.id));
    assert.equal(new Set(events.map((event) => event.id)).size, events.length);
    assert.equal(events.at(-1)?.json.id, id);
  });
});

describe('a client that goes away in the middle', () => {
  test('has cancelled in the modern era: the call stops, and leaves nothing', async () => {
    const stream = await callModern({ count: 1000, bytes: 0 });
    await stream.message();
    assert.ok(running() > 0);
    stream.close();
    await until('the call is gone', () => running() === 0);
  });

  test('has not cancelled in a session: it comes back and misses nothing', async () => {
    const session = await endpoint().open();
    const { id, stream } = await callLegacy(session, { count: 60, bytes: 0 });
    const seen = [await stream.next(), await stream.next(), await stream.next()];
    stream.close();
    const again = await comeBack(session, seen.at(-1)?.id);
    const rest = await again.rest();
    const all = progress([...seen, ...rest]);
    assert.deepEqual(all, Array.from({ length: 60 }, (_, i) => i + 1));
    assert.equal(rest.at(-1)?.json.id, id);
    const once = await (await comeBack(session, seen.at(-1)?.id)).rest();
    assert.deepEqual(once.map((event) => event.id), rest.map((event) => event.id), 'and it can be read again');
  });

  test('can cancel in a session by saying so: no answer comes', async () => {
    const session = await endpoint().open();
    const { id, stream } = await callLegacy(session, { count: 1000, bytes: 0 });
    await stream.message();
    assert.equal((await session.post(notification('notifications/cancelled', { requestId: id }))).status, 202);
    const events = await stream.rest();
    assert.ok(events.every(({ json }) => json?.id !== id));
    await until('the call is gone', () => running() === 0);
  });
});

test('a process that ends in the middle: the client hears of it when it comes back', async () => {
  const session = await endpoint().open();
  const { id, stream } = await callLegacy(session, { count: 1000, bytes: 0 });
  const { id: lastId } = await stream.next();
  await machine.crash();
  await machine.start();
  const rest = await (await comeBack(session, lastId)).rest();
  const last = rest.at(-1)?.json;
  assert.equal(last.id, id);
  assert.equal(last.error.code, -32603);
  assert.match(last.error.message, /interrupted/);
});

test('a client that does not read: it is cut off, and others are served meanwhile', async () => {
  const [count, bytes] = [1000, 100_000];
  const stream = await callModern({ count, bytes });
  stream.incoming.pause();
  const other = await callModern({ count: 5, bytes: 10 });
  assert.equal((await other.rest()).at(-1)?.json.result.content[0].text, 'Ticked 5 times.');
  await until('the call is gone', () => running() === 0, 60);
  // What it finds when it reads after all: what the Worker, the kernel and the connection held for it, and no end.
  let size = 0;
  stream.incoming.on('data', (text) => (size += text.length));
  stream.incoming.resume();
  const events = await stream.rest();
  assert.ok(size < (count * bytes) / 4, `${size} characters came`);
  assert.ok(events.every(({ json }) => json?.result === undefined));
});
