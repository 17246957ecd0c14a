/** What goes wrong inside: the step is taken back whole, its client is told, and nobody else notices. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { checkChain, readTrail } from '../../scripts/audit-verify.js';
import { AuthorityPage } from '../support/authority-page.js';
import { signIn } from '../support/human.js';
import { Machine } from '../support/machine.js';
import { codeOf, message, modernHeaders, modernMessage, textOf } from '../support/mcp.js';
import { allOrders, assertCopied } from '../support/orders.js';
import { until } from '../support/until.js';

const INTERNAL_ERROR = -32603;
/** What the statement is given that records the delivery of an order's copy: the order itself has been stored by then. */
const AFTER_THE_ORDER = 'order:user_';

const machine = new Machine({ levers: true });
/** @type {import('../support/deputy.js').Deputy} */
let ada;

before(async () => {
  await machine.start();
  ada = await machine.appoint();
});
afterEach(() => machine.pull({ trapOn: [], trapAfter: 0, lostCopies: 0, lostAnswers: 0, loseCommitOf: '' }));
after(() => machine.stop());

/** @param {string} company @param {object} [more] */
const purchase = (company, more) => ({ name: 'buyMcpShopItem', arguments: { company, mailingAddress: '1 Road', tshirtSize: 'M', ...more } });

async function checkTrail() {
  const page = await AuthorityPage.open(machine.url);
  checkChain(readTrail(await page.export()).lines);
}

/** @param {import('../support/http.js').Answer} answer */
function assertInternalError(answer) {
  assert.equal(answer.status, 500, answer.text);
  assert.equal(codeOf(answer), INTERNAL_ERROR);
  assert.equal(answer.json.error.message, 'Internal error: nothing was changed.');
}

describe('a step that is cut off after it has written', () => {
  test('is answered with an internal error under the id of its request, in both eras, and leaves nothing behind', async () => {
    const session = await ada.mcp.open();
    const before = await allOrders(ada);
    await machine.pull({ trapOn: [AFTER_THE_ORDER] });
    const request = message('tools/call', purchase('Doomed', { idempotencyKey: 'doomed' }));
    for (const answer of [await session.post(request), await ada.mcp.modern('tools/call', purchase('Doomed', { idempotencyKey: 'doomed' }))]) {
      assertInternalError(answer);
      assert.ok('id' in answer.json);
    }
    assert.equal((await session.post(request)).json.id, request.id);
    await machine.pull({ trapOn: [] });
    assert.deepEqual(await allOrders(ada), before);
    const result = await session.call('buyMcpShopItem', purchase('Doomed', { idempotencyKey: 'doomed' }).arguments);
    assert.match(textOf(result), /Order placed successfully!/, 'not even its idempotency key was taken');
    await assertCopied(machine, [ada]);
  });

  test('takes nobody with it: purchases at the same moment go through', async () => {
    const before = await allOrders(ada);
    await machine.pull({ trapOn: [AFTER_THE_ORDER, 'Doomed'] });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => ada.mcp.modern('tools/call', purchase(i % 3 === 0 ? 'Doomed' : `Fine ${i}`))),
    );
    const bought = [];
    for (const [i, answer] of answers.entries()) {
      if (i % 3 === 0) assertInternalError(answer);
      else bought.push(answer.json.result.structuredContent.order.id);
    }
    await machine.pull({ trapOn: [] });
    const now = await allOrders(ada);
    assert.deepEqual(now.slice(0, now.length - before.length).map(({ id }) => id).sort(), [...bought].sort());
    assert.ok(!now.some(({ company, id }) => company === 'Doomed' && !before.some((order) => order.id === id)));
    await assertCopied(machine, [ada]);
  });

  test('leaves no instance that is half broken: after a hundred of them the next call works', async () => {
    await machine.pull({ trapOn: [AFTER_THE_ORDER, 'Doomed'] });
    for (let i = 0; i < 100; i += 20) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ada.mcp.modern('tools/call', purchase('Doomed'))));
      for (const answer of answers) assertInternalError(answer);
    }
    assert.ok(!(await ada.mcp.call('buyMcpShopItem', purchase('Fine').arguments)).isError);
  });

  test('is one with everything in its batch', async () => {
    const session = await ada.mcp.open('2025-03-26');
    const before = await allOrders(ada);
    await machine.pull({ trapOn: [AFTER_THE_ORDER, 'Doomed'] });
    assertInternalError(await session.post([message('tools/call', purchase('First')), message('tools/call', purchase('Doomed'))]));
    assert.deepEqual(await allOrders(ada), before);
  });

  test('may be the one that ends a grant, or makes one: both are told to try again, and can', async () => {
    const deputy = await machine.appoint();
    const [, grantId] = deputy.accessToken.split(':');
    await machine.pull({ trapOn: ['revoked', grantId] });
    const failed = await deputy.client.revoke(deputy.accessToken);
    assert.equal(failed.status, 500, 'nobody is told that it is revoked');
    assert.equal(failed.body.error, 'server_error');
    assert.equal((await deputy.mcp.modern('server/discover')).status, 200);
    await machine.pull({ trapOn: ['ada@example.com', deputy.client.clientId] });
    const { page } = await signIn(deputy.client.authorizeUrl());
    assert.equal(page.status, 502);
    assert.equal(page.title, 'That did not work');
    await machine.pull({ trapOn: [] });
    assert.equal((await deputy.client.revoke(deputy.accessToken)).status, 200);
    assert.equal((await deputy.mcp.modern('server/discover')).status, 401);
    assert.equal((await (await machine.appoint({ client: deputy.client })).mcp.modern('server/discover')).status, 200);
  });
});

describe('an answer that is lost on its way from the object', () => {
  test('may be that of a purchase that was made: the client hears that this is not known, under the id of its request', async () => {
    const before = await allOrders(ada);
    await machine.pull({ lostAnswers: 1 });
    const request = modernMessage('tools/call', purchase('Unheard', { idempotencyKey: 'unheard' }));
    const post = () => ada.mcp.post(request, modernHeaders(request));
    const answer = await post();
    assert.equal(answer.status, 500, answer.text);
    assert.deepEqual(answer.json, { jsonrpc: '2.0', id: request.id, error: { code: INTERNAL_ERROR, message: 'Internal error: it may have been done, or not; look before you ask again.' } });
    const [order, ...others] = await allOrders(ada);
    assert.equal(order.company, 'Unheard');
    assert.deepEqual(others, before);
    assert.equal((await post()).json.result.structuredContent.order.id, order.id, 'with its key it is made once');
    assert.equal((await allOrders(ada)).length, before.length + 1);
  });
});

describe('a commit that fails', () => {
  test('takes back what its step had written, and the object knows nothing of it', async () => {
    const before = await allOrders(ada);
    await machine.pull({ loseCommitOf: 'Lost' });
    assertInternalError(await ada.mcp.modern('tools/call', purchase('Lost')));
    assert.deepEqual(await allOrders(ada), before);
    const result = await ada.mcp.call('buyMcpShopItem', purchase('After it').arguments);
    assert.match(textOf(result), /Order placed successfully!/);
    assert.deepEqual((await allOrders(ada)).slice(1), before);
    await checkTrail();
  });

  test('of many steps together harms none but the one that it fails for', async () => {
    const before = await allOrders(ada);
    await machine.pull({ loseCommitOf: 'Unlucky' });
    const names = Array.from({ length: 30 }, (_, i) => (i % 10 === 5 ? 'Unlucky' : `Beside ${i}`));
    const answers = await Promise.all(names.map((name) => ada.mcp.modern('tools/call', purchase(name))));
    for (const [i, answer] of answers.entries()) names[i] === 'Unlucky' ? assertInternalError(answer) : assert.equal(answer.status, 200, names[i]);
    const bought = answers.filter(({ status }) => status === 200).map(({ json }) => json.result.structuredContent.order.id);
    const now = await allOrders(ada);
    assert.deepEqual(now.slice(0, now.length - before.length).map(({ id }) => id).sort(), bought.sort());
    await checkTrail();
    await assertCopied(machine, [ada]);
  });
});

describe('a batch that asks for more than fits into memory', () => {
  /** Alan has ordered so much that a hundred of his lists are more than 64 MiB. @type {import('../support/deputy.js').Deputy} */
  let alan;
  /** @type {import('../support/mcp.js').Session} */
  let session;
  const lists = Array.from({ length: 99 }, () => message('tools/call', { name: 'listMcpShopOrders', arguments: { limit: 200 } }));
  before(async () => {
    alan = await machine.appoint({ choices: { person: 'alan@example.com' } });
    session = await alan.mcp.open('2025-03-26');
    const long = purchase('👕'.repeat(200), { mailingAddress: '🏠'.repeat(500) });
    for (let i = 0; i < 2; i++) await session.post(Array.from({ length: 100 }, () => message('tools/call', long)));
  });

  test('is answered as far as 4 MiB go, and the rest is refused; nobody else notices', async () => {
    const before = (await allOrders(alan)).length;
    assert.equal(before, 200);
    const [answer, ...others] = await Promise.all([
      session.post([message('tools/call', purchase('Greedy')), ...lists]),
      ...Array.from({ length: 5 }, (_, i) => ada.mcp.call('buyMcpShopItem', purchase(`Bystander ${i}`).arguments)),
    ]);
    assert.equal(answer.status, 200);
    assert.equal(answer.json.length, 100, 'each request has its answer');
    assert.match(textOf(answer.json[0].result), /Order placed successfully!/);
    const refused = answer.json.filter((/** @type {any} */ one) => one.error);
    assert.ok(refused.length > 0 && refused.length < 99, `${refused.length} were refused`);
    for (const { error } of refused) assert.equal(error.code, -32603);
    for (const result of others) assert.ok(!result.isError);
    assert.equal((await allOrders(alan)).length, before + 1);
    await assertCopied(machine, [alan, ada]);
  });
});

describe('a store of copies that is down', () => {
  test('stops no purchase, and gets every copy when it is back', async () => {
    await machine.pull({ lostCopies: 5 });
    const results = await Promise.all(['One', 'Two', 'Three'].map((company) => ada.mcp.call('buyMcpShopItem', purchase(company).arguments)));
    for (const result of results) assert.ok(!result.isError);
    await assertCopied(machine, [ada]);
  });

  test('or that does it and does not answer, gets each copy once', async () => {
    await machine.pull({ unansweredCopies: 5 });
    for (const company of ['Four', 'Five', 'Six']) assert.ok(!(await ada.mcp.call('buyMcpShopItem', purchase(company).arguments)).isError);
    await until('five answers were lost', async () => (await machine.pull({})).unansweredCopies === 0);
    await assertCopied(machine, [ada]);
    await until('an empty outbox', () => machine.rows('deliveries') === 0);
  });
});

describe('a trap at any statement, whoever runs it', () => {
  test('in purchases, in the alarm, in a revocation: who asks again gets it once, and the trail holds', async () => {
    const before = (await machine.pull({})).traps;
    let grace = await machine.appoint({ choices: { person: 'grace@example.com' } });
    const page = await AuthorityPage.open(machine.url, { person: 'grace@example.com' });
    /** Asks until it is done. @param {() => Promise<boolean>} attempt */
    const insist = async (attempt) => {
      for (let tries = 1; !(await attempt()); tries++) assert.ok(tries < 5, 'it never succeeds');
    };
    /** @type {Map<string, string>} */
    const bought = new Map();
    const revoked = [];
    for (let round = 0; round < 40; round++) {
      await machine.pull({ trapAfter: randomInt(1, 30) });
      await Promise.all([1, 2, 3].map((hand) => insist(async () => {
        const company = `Round ${round}, ${hand}`;
        const answer = await grace.mcp.modern('tools/call', purchase(company, { idempotencyKey: company }));
        if (answer.status === 200) bought.set(company, answer.json.result.structuredContent.order.id);
        return answer.status === 200;
      })));
      if (round % 8 !== 7) continue;
      const grant = grace.accessToken.split(':')[1];
      await insist(async () => (await page.act({ do: 'revoke', grant })).status === 200);
      revoked.push(grant);
      await machine.pull({ trapAfter: 0 });
      grace = await machine.appoint({ choices: { person: 'grace@example.com' } });
    }
    const { traps } = await machine.pull({ trapAfter: 0 });
    assert.ok(traps - before >= 10, `${traps - before} traps`);
    const orders = await allOrders(grace);
    assert.deepEqual(new Map(orders.map(({ company, id }) => [company, id])), bought);
    assert.equal(orders.length, 120);
    const entries = checkChain(readTrail(await page.export()).lines);
    assert.equal(entries.filter(({ name, result }) => name === 'buyMcpShopItem' && result === 'done').length, 120, 'what was taken back is not told of');
    assert.deepEqual(entries.filter(({ kind }) => kind === 'revocation').map((entry) => entry.grant), revoked);
    await assertCopied(machine, [grace]);
    // An alarm that trapped rings again.
    await until('an empty outbox', () => machine.rows('deliveries') === 0, 60);
  });
});
