/** Orders in the principals' objects, and their copies in KV. */
import assert from 'node:assert/strict';
import { until } from './until.js';

/** @typedef {import('./deputy.js').Deputy} Deputy */

/** All orders of a person, newest first. @param {Deputy} deputy @returns {Promise<any[]>} */
export async function allOrders(deputy) {
  const orders = [];
  /** @type {string | undefined} */
  let cursor;
  do {
    const result = await deputy.mcp.call('listMcpShopOrders', { limit: 200, ...(cursor && { cursor }) });
    assert.ok(!result.isError);
    const page = result.structuredContent;
    orders.push(...page.orders);
    cursor = page.nextCursor;
    if (!cursor) assert.equal(orders.length, page.total);
  } while (cursor);
  return orders;
}

/**
 * Waits until every order of these people is in KV, and checks that the copies of theirs are the orders, no more and no less.
 * @param {import('./machine.js').Machine} machine
 * @param {Deputy[]} deputies one for each person
 * @param {string} [id] an order that must be there besides
 */
export async function assertCopied(machine, deputies, id) {
  if (id) await until(`the copy of ${id}`, () => [...machine.copies.values()].some(({ order }) => order.id === id));
  for (const deputy of deputies) {
    const orders = await allOrders(deputy);
    const owner = orders[0].userId;
    const ids = orders.map((order) => order.id).sort();
    const copied = () => [...machine.copies.values()].filter(({ order }) => order.userId === owner).map(({ order }) => order);
    await until(`${ids.length} copies`, () => copied().length >= ids.length);
    assert.deepEqual(copied().map((order) => order.id).sort(), ids);
    const byId = new Map(orders.map((order) => [order.id, order]));
    for (const copy of copied()) assert.deepEqual(copy, byId.get(copy.id));
  }
}
