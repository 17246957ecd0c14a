/** What a call costs in the object: rows as Cloudflare counts and bills them, alarms, and nothing where nobody calls. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Machine } from '../support/machine.js';
import { until } from '../support/until.js';

const PURCHASE = { company: 'Acme', mailingAddress: '1 Road', tshirtSize: 'M' };

/** @param {Machine} machine */
const settled = (machine) => until('an empty outbox', () => machine.rows('deliveries') === 0);

/** The rows of one call, and of what follows it. @param {Machine} machine @param {() => Promise<any>} call */
async function rowsOf(machine, call) {
  await settled(machine);
  await machine.pull({ rowsRead: 0, rowsWritten: 0, alarmsSet: 0, statements: {} });
  assert.ok(!(await call()).isError);
  await settled(machine);
  const { rowsRead: read, rowsWritten: written, statements } = await machine.pull({});
  return { read, written, statements: JSON.stringify(statements, null, 2) };
}

/** @param {{ written: number, statements: string }} rows @param {number} most */
function assertWritten({ written, statements }, most) {
  assert.ok(written <= most, `${written} rows are written:\n${statements}`);
}

describe('the rows of a call', () => {
  const machine = new Machine({ levers: true, vars: { WORKOS_ORGANIZATION_ID: '' } });
  /** @type {import('../support/deputy.js').Deputy} */
  let ada;
  before(async () => {
    await machine.start();
    ada = await machine.appoint();
    for (let i = 0; i < 60; i++) await ada.mcp.call('buyMcpShopItem', { ...PURCHASE, idempotencyKey: `order ${i}` });
  });
  after(() => machine.stop());

  test('that only reads: it writes its entry, and asks for nothing that its object knows', async () => {
    const rows = await rowsOf(machine, () => ada.mcp.call('listMcpShopInventory'));
    assertWritten(rows, 1);
    assert.equal(Object.keys(JSON.parse(rows.statements)).length, 1, rows.statements);
  });

  test('that only reads, 64 times: their count is written with every 32nd', async () => {
    const rows = await rowsOf(machine, async () => {
      for (let i = 1; i < 64; i++) await ada.mcp.call('listMcpShopInventory');
      return ada.mcp.call('listMcpShopInventory');
    });
    assertWritten(rows, 66);
  });

  test('that opens a session: none, but for the grant’s first', async () => {
    const open = async () => {
      const session = await ada.mcp.open();
      assert.equal((await session.post({ jsonrpc: '2.0', method: 'notifications/initialized' })).status, 202);
      assert.equal((await session.request('tools/list')).status, 200);
      return {};
    };
    assertWritten(await rowsOf(machine, open), 1);
    assertWritten(await rowsOf(machine, open), 0);
  });

  test('that wakes its object: fifteen statements, which read at most twenty rows, and 32 entries of the trail', async () => {
    await machine.crash();
    await machine.start();
    const { read, written, statements } = await rowsOf(machine, () => ada.mcp.call('listMcpShopInventory'));
    assert.ok(Object.keys(JSON.parse(statements)).length <= 15, statements);
    assert.ok(read <= 20 + 32, `${read} rows are read:\n${statements}`);
    assert.ok(written <= 2, `${written} rows are written:\n${statements}`);
  });

  test('that orders: at most eight, also of what costs money and with an idempotency key', async () => {
    assertWritten(await rowsOf(machine, () => ada.mcp.call('buyMcpShopItem', PURCHASE)), 7);
    const all = { ...PURCHASE, item: 'mcp-hoodie', quantity: 2, idempotencyKey: 'a key' };
    assertWritten(await rowsOf(machine, () => ada.mcp.call('buyMcpShopItem', all)), 8);
  });

  test('that lists fifty orders: it reads at most sixty and writes one, on each page', async () => {
    /** @type {string | undefined} */
    let cursor;
    const list = async () => {
      const result = await ada.mcp.call('listMcpShopOrders', { ...(cursor && { cursor }) });
      const { orders, nextCursor } = /** @type {any} */ (result.structuredContent);
      assert.equal(orders.length, cursor ? 12 : 50);
      cursor = nextCursor;
      return result;
    };
    for (const most of [60, 30]) {
      const rows = await rowsOf(machine, list);
      assert.ok(rows.read <= most, `${rows.read} rows are read:\n${rows.statements}`);
      assertWritten(rows, 1);
    }
  });
});

describe('the rows of a call that is also told to WorkOS', () => {
  const machine = new Machine({ levers: true });
  /** @type {import('../support/deputy.js').Deputy} */
  let ada;
  before(async () => {
    await machine.start();
    ada = await machine.appoint();
    await ada.mcp.call('buyMcpShopItem', PURCHASE);
  });
  after(() => machine.stop());

  test('that orders: at most ten', async () => {
    assertWritten(await rowsOf(machine, () => ada.mcp.call('buyMcpShopItem', { ...PURCHASE, idempotencyKey: 'a key' })), 10);
  });

  test('nobody calls: no statement is run, no stream is open, and the one alarm is for the end of the grant', async () => {
    await settled(machine);
    await machine.pull({ statements: {} });
    await sleep(3000);
    assert.deepEqual((await machine.pull({})).statements, {});
    assert.equal(machine.rows('streams'), 0);
    const ends = machine.values('SELECT ends_at FROM grants');
    assert.deepEqual(machine.alarms.map(Number), ends);
  });
});
