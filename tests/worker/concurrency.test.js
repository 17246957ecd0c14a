/** Many at once: five sessions of one person buy without pause, and a ban comes in between. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Machine } from '../support/machine.js';
import { Endpoint, textOf } from '../support/mcp.js';
import { allOrders, assertCopied } from '../support/orders.js';

const machine = new Machine();

before(() => machine.start());
after(() => machine.stop());

/** @typedef {{ started: number, id?: string, refusal?: string }} Purchase `started`: before the request left this process */

for (const round of [1, 2, 3]) {
  test(`50 purchases from 5 sessions of 3 clients, and a ban in the middle (${round} of 3)`, async () => {
    const [first, second, third] = [await machine.appoint(), await machine.appoint(), await machine.appoint()];
    const sessions = [
      await first.mcp.open('2025-11-25'),
      await first.mcp.open('2025-03-26'),
      await second.mcp.open('2025-06-18'),
      await second.mcp.open('2025-11-25'),
      third.mcp, // 2026-07-28: without a session
    ];
    const earlier = (await allOrders(first)).map(({ id }) => id);

    /** @type {Purchase[]} */
    const purchases = [];
    let answered = 0;
    /** The moment when the ban had been answered. */
    let banned = Infinity;
    /** @type {Promise<void> | undefined} */
    let ban;
    const buyer = async (/** @type {typeof sessions[number]} */ session, /** @type {number} */ number) => {
      for (let i = 0; i < 10; i++) {
        /** @type {Purchase} */
        const purchase = { started: performance.now() };
        purchases.push(purchase);
        const result = await session.call('buyMcpShopItem', { company: `Buyer ${number}`, mailingAddress: `${i} Road`, tshirtSize: 'M' });
        if (result.isError) purchase.refusal = textOf(result);
        else purchase.id = JSON.parse(textOf(result)).order.id;
        // In the middle: when half of them have been answered, while the other buyers' requests are under way.
        if (++answered === 25) {
          ban = third.mcp.call('setDemoMode', { mode: 'banned' }).then((said) => {
            banned = performance.now();
            assert.equal(textOf(said), 'Demo mode set to banned.');
          });
        }
      }
    };
    await Promise.all(sessions.map(buyer));
    await ban;

    assert.equal(purchases.length, 50);
    const [before, after] = [purchases.filter(({ started }) => started <= banned), purchases.filter(({ started }) => started > banned)];
    assert.ok(after.length > 0 && before.some(({ id }) => id), 'the ban came in the middle');
    for (const { id, refusal } of after) {
      assert.equal(id, undefined, 'bought after the ban had been answered');
      assert.equal(refusal, 'ABSOLUTELY NOT. GO AWAY 👋');
    }

    assert.equal(textOf(await third.mcp.call('clearDemoMode')), 'You are back to normal, dude.');
    const bought = purchases.flatMap(({ id }) => id ?? []);
    const listed = (await allOrders(first)).map(({ id }) => id).filter((id) => !earlier.includes(id));
    assert.deepEqual([...listed].sort(), [...bought].sort(), 'what was bought is listed, each once, and nothing else');
    await assertCopied(machine, [first]);
  });
}

test('a token that is being checked while its grant ends is good for nothing afterwards', async () => {
  for (let round = 0; round < 5; round++) {
    // Each is a token that the object has not seen in use: each call asks the OAuth provider, and waits for it.
    const { client, refreshToken } = await machine.appoint();
    const tokens = [];
    let refresh = refreshToken;
    for (let i = 0; i < 20; i++) {
      const { body } = await client.refresh(refresh);
      refresh = body.refresh_token;
      tokens.push(new Endpoint(`${machine.url}/mcp`, body.access_token));
    }
    let revoked = Infinity;
    const calls = tokens.map(async (mcp, i) => {
      await sleep(i); // one after the other, so that some are under way whenever the end comes
      const started = performance.now();
      const answer = await mcp.modern('tools/call', { name: 'listMcpShopInventory' });
      if (started > revoked) assert.equal(answer.status, 401, 'it began after the end');
    });
    assert.equal((await client.revoke(refresh)).status, 200);
    revoked = performance.now();
    await Promise.all(calls);
    for (const mcp of tokens) assert.equal((await mcp.modern('server/discover')).status, 401);
  }
});
