/** Streams through real workerd: who closes what, what is left behind, and that an object sleeps behind an open stream. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStream } from '../support/events.js';
import { HeapWatch } from '../support/heap.js';
import { Machine } from '../support/machine.js';
import { LEGACY, modernHeaders, modernMessage } from '../support/mcp.js';
import { until } from '../support/until.js';

const machine = new Machine({ levers: true });

before(() => machine.start());
afterEach(() => machine.pull({ clock: 0 }));
after(() => machine.stop());

const ACCEPT = 'application/json, text/event-stream';
/** Everything that a stream may leave behind. */
const leftovers = () => machine.rows('streams', 'stream_events', 'subscriptions', 'calls');

/** subscriptions/listen. @param {import('../support/mcp.js').Endpoint} mcp @param {object} [notifications] */
function listen(mcp, notifications = { toolsListChanged: true, resourceSubscriptions: ['shop://orders'] }) {
  const message = modernMessage('subscriptions/listen', { notifications });
  const headers = { Authorization: `Bearer ${mcp.token}`, ...modernHeaders(message), 'Content-Type': 'application/json', Accept: ACCEPT };
  return EventStream.open(`${machine.url}/mcp`, { method: 'POST', headers, body: JSON.stringify(message) });
}

/** GET in a session. @param {import('../support/mcp.js').Session} session @param {string} [lastId] */
function stand(session, lastId) {
  const headers = { Authorization: `Bearer ${session.token}`, ...session.headers, Accept: 'text/event-stream', 'Last-Event-ID': lastId };
  return EventStream.open(`${machine.url}/mcp`, { headers });
}

const ORDER = { company: 'ACME', mailingAddress: '1 Main Street', tshirtSize: 'M' };

describe('a stream', () => {
  test('has its first byte at once, and nothing in between may hold it back', async () => {
    const { mcp } = await machine.appoint();
    for (const revision of LEGACY) {
      const stream = await stand(await mcp.open(revision));
      assert.equal(stream.status, 200);
      assert.equal(stream.headers['content-type'], 'text/event-stream');
      assert.equal(stream.headers['x-accel-buffering'], 'no');
      assert.equal(stream.headers['deputy-stream'], undefined, 'the name of the stream is nobody else’s business');
      await until('the first byte', () => stream.comments.includes('open'));
      stream.close();
    }
  });

  test('that its client leaves is gone in the modern era', async () => {
    const { mcp } = await machine.appoint();
    const before = leftovers();
    const stream = await listen(mcp);
    await stream.message();
    assert.ok(leftovers() > before);
    stream.close();
    await until('nothing left', () => leftovers() <= before);
  });

  test('of a session waits five minutes for its client to come back', async () => {
    const { mcp } = await machine.appoint();
    const before = leftovers();
    const stream = await stand(await mcp.open());
    await stream.next();
    stream.close();
    await until('the object knows', () => machine.rows('streams WHERE reading = 0') > 0);
    assert.ok(leftovers() > before, 'it may come back');
    // The alarm goes by a clock that nobody can move; an object that comes back looks for itself.
    await machine.crash();
    await machine.start();
    await machine.pull({ clock: 270_000 });
    await mcp.call('listMcpShopInventory');
    assert.ok(leftovers() > before, 'it may still come back');
    await machine.crash();
    await machine.start();
    await machine.pull({ clock: 301_000 });
    await mcp.call('listMcpShopInventory');
    await until('nothing left', () => leftovers() <= before);
  });

  test('ends with its session, and with the grant', async () => {
    const { client, mcp, refreshToken } = await machine.appoint();
    const session = await mcp.open();
    const ofSession = await stand(session);
    await ofSession.next();
    await session.end();
    await ofSession.rest();

    const standing = await stand(await mcp.open());
    const listening = await listen(mcp);
    const { params } = await listening.message();
    await client.revoke(refreshToken);
    await standing.rest();
    const last = (await listening.rest()).map(({ json }) => json);
    assert.equal(last.length, 1, 'listening ends with its result');
    assert.equal(last[0].result.resultType, 'complete');
    assert.deepEqual(last[0].result._meta, params._meta);
  });

  test('cannot be had by the name of another: only the Worker can ask for one', async () => {
    const { mcp } = await machine.appoint();
    const session = await mcp.open();
    const stream = await stand(session);
    const { id } = await stream.next();
    const name = /** @type {string} */ (id).split('.')[0];
    const answer = await mcp.ask({ headers: { 'Deputy-Stream': name, Upgrade: 'websocket', Connection: 'Upgrade' } });
    assert.equal(answer.status, 406);
    stream.close();
  });
});

describe('a stream that was interrupted', () => {
  test('goes on where it was, also when the process ended in between', async () => {
    const { mcp } = await machine.appoint();
    const other = await machine.appoint();
    const session = await mcp.open();
    await session.request('resources/subscribe', { uri: 'shop://orders' });
    const stream = await stand(session);
    const { id: primed } = await stream.next();
    await other.mcp.call('buyMcpShopItem', ORDER);
    const first = await stream.next();
    assert.deepEqual(first.json.params, { uri: 'shop://orders' });
    stream.close();
    await until('the object knows', () => machine.rows('streams WHERE reading = 0') > 0);
    await other.mcp.call('buyMcpShopItem', ORDER); // nobody reads
    await machine.crash();
    await machine.start();
    await other.mcp.call('buyMcpShopItem', ORDER);

    const again = await stand(session, first.id);
    const missed = [await again.next(), await again.next()];
    assert.deepEqual(missed.map(({ json }) => json.method), Array(2).fill('notifications/resources/updated'));
    await other.mcp.call('buyMcpShopItem', ORDER);
    assert.equal((await again.next()).json.method, 'notifications/resources/updated', 'and it is live again');
    again.close();

    const anew = await stand(session, primed);
    for (let i = 0; i < 4; ++i) assert.equal((await anew.next()).json.method, 'notifications/resources/updated');
    anew.close();
  });

  test('is nobody else’s to go on with', async () => {
    const { mcp } = await machine.appoint();
    const stream = await stand(await mcp.open());
    const { id } = await stream.next();
    const stranger = await stand(await mcp.open(), id);
    assert.equal(stranger.status, 404);
    stream.close();
    stranger.close();
  });
});

describe('an open stream that is idle', () => {
  test('lets the object sleep, and wakes it when there is news', async () => {
    const { mcp } = await machine.appoint();
    const other = await machine.appoint();
    const stream = await listen(mcp);
    await stream.message();
    const { awakenings } = await machine.pull({});
    // workerd puts an object to sleep when it has had nothing to do for ten seconds.
    await until('the object has slept', async () => {
      await sleep(11_000);
      await other.mcp.call('buyMcpShopItem', ORDER);
      return (await machine.pull({})).awakenings > awakenings;
    }, 60);
    assert.equal((await stream.message()).method, 'notifications/resources/updated', 'the stream outlived the sleep');
    stream.close();
  });
});

describe('many streams', () => {
  test('three thousand, opened and dropped: nothing is left, in the object or in memory', async (t) => {
    const { mcp } = await machine.appoint();
    const before = leftovers();
    const heap = await HeapWatch.open(machine);
    t.after(() => heap.close());
    /** Bytes of the heap after each thousand. @type {number[]} */
    const used = [];
    for (let round = 0; round < 3; ++round) {
      for (let i = 0; i < 1000; i += 50) {
        const streams = await Promise.all(Array.from({ length: 50 }, () => listen(mcp)));
        await Promise.all(streams.map((stream) => stream.message()));
        for (const stream of streams) stream.close();
      }
      await until('nothing left', () => leftovers() <= before);
      used.push((await heap.afterCollection()).used);
    }
    // It goes up and down by 300 KB. A stream that is left has 800 bytes: its socket, three listeners, its timer.
    assert.ok(used[2] - used[0] < 600_000, `bytes after each thousand: ${used}`);
  });

  test('of one deputy: the hundred and first pushes out the oldest', async () => {
    const { mcp } = await machine.appoint();
    const first = await listen(mcp);
    await first.message();
    const others = await Promise.all(Array.from({ length: 99 }, () => listen(mcp)));
    await Promise.all(others.map((stream) => stream.message()));
    assert.ok(!first.ended, 'a hundred are fine');
    const last = await listen(mcp);
    await last.message();
    await first.rest();
    for (const stream of [...others, last]) stream.close();
  });
});

test('a client that was given more hears that its tools may have changed', async () => {
  const { client, mcp } = await machine.appoint({ asks: { scope: 'shop:read' } });
  const standing = await stand(await mcp.open());
  await standing.next();
  const listening = await listen(mcp);
  await listening.message();
  await machine.appoint({ client, asks: { scope: 'shop:read shop:buy' } });
  assert.equal((await standing.message()).method, 'notifications/tools/list_changed');
  assert.equal((await listening.message()).method, 'notifications/tools/list_changed');
  standing.close();
  listening.close();
});

