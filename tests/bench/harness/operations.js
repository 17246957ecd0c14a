/** What is measured: requests of each era, and how an answer is known to be a success. */
import assert from 'node:assert/strict';
import { CLIENT, message, modernHeaders, modernMessage, notification } from '../../support/mcp.js';

/**
 * @typedef {import('./peers.js').Era} Era
 * @typedef {import('./load.js').Message} Message
 * @typedef {object} Operation
 * @property {string} name
 * @property {string} method
 * @property {Record<string, any>} params
 * @property {(result: any) => void} check of one answer
 */

export const ORDERS_LISTED = 50;

/** @param {any} result */
const said = (result) => {
  assert.ok(!result.isError, `an error: ${JSON.stringify(result).slice(0, 300)}`);
  return result.structuredContent;
};

/** @type {Operation} */
export const INVENTORY = {
  name: 'inventory',
  method: 'tools/call',
  params: { name: 'listMcpShopInventory', arguments: {} },
  check: (result) => assert.equal(said(result).products.length, 3),
};
/** @type {Operation} */
export const LIST = {
  name: 'tools/list',
  method: 'tools/list',
  params: {},
  check: (result) => assert.ok(result.tools.length >= 3),
};
/** @type {Operation} */
export const ORDERS = {
  name: 'orders (50)',
  method: 'tools/call',
  params: { name: 'listMcpShopOrders', arguments: {} },
  check: (result) => assert.equal(said(result).orders.length, ORDERS_LISTED),
};
/** @type {Operation} */
export const BUY = {
  name: 'buy',
  method: 'tools/call',
  params: { name: 'buyMcpShopItem', arguments: { company: 'ACME', mailingAddress: '1 Road, Town', tshirtSize: 'L' } },
  check: (result) => assert.equal(said(result).order.status, 'confirmed'),
};

/** Requests at the same time have different ids, of the same length. */
const FIRST_ID = 1000;
const DIFFERENT_IDS = 256;

/** @param {string} token @param {Record<string, string | undefined>} headers @param {object} body @returns {Message} */
const post = (token, headers, body) => ({
  headers: {
    Authorization: `Bearer ${token}`,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    ...headers,
  },
  body: JSON.stringify(body),
});

/** Requests for an operation, by these people in turn. @param {Operation} operation @param {Era} era @param {{ token: string, session?: string }[]} people @returns {Message[]} */
export function requestsFor({ method, params }, era, people) {
  return Array.from({ length: Math.max(DIFFERENT_IDS, people.length) }, (_, index) => {
    const { token, session } = people[index % people.length];
    const request = { ...(era === 'modern' ? modernMessage(method, params) : message(method, params)), id: FIRST_ID + index };
    const headers = era === 'modern' ? modernHeaders(request) : { 'MCP-Protocol-Version': '2025-11-25', 'Mcp-Session-Id': session };
    return post(token, headers, request);
  });
}

/** @param {string} token */
export function initialization(token) {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: CLIENT };
  const firsts = Array.from({ length: DIFFERENT_IDS }, (_, index) => post(token, {}, { ...message('initialize', params), id: FIRST_ID + index }));
  const second = post(token, { 'MCP-Protocol-Version': '2025-11-25', 'Mcp-Session-Id': 'SESSION' }, notification('notifications/initialized'));
  return { firsts, second };
}

/** What a message says, be it one JSON text or a stream of events. @param {import('../../support/http.js').Answer} answer */
export function resultOf({ status, text }) {
  assert.equal(status, 200, text);
  const json = text.startsWith('{') ? text : /** @type {RegExpMatchArray} */ (text.match(/^data: (\{.*"result".*)$/m))?.[1];
  const { result } = JSON.parse(json ?? text);
  assert.ok(result, `no result: ${text.slice(0, 300)}`);
  return result;
}
