/** People whose agents work: each signs in the whole way (registration, PKCE, consent where there is one, token). */
import assert from 'node:assert/strict';
import { appoint } from '../../support/deputy.js';
import { Endpoint, notification } from '../../support/mcp.js';

/** @typedef {{ token: string, session?: string }} Someone `session`: where the peer has sessions, one to work in */
/** @typedef {import('./server.js').Server} Server */

/** @param {number} count @returns {import('../../../dev/people.js').Person[]} */
export const everybody = (count) => Array.from({ length: count }, (_, index) => ({ firstName: 'Person', lastName: `${index + 1}`, email: emailOf(index) }));

/** @param {number} index */
const emailOf = (index) => `person${index + 1}@example.com`;

/** @param {Server} server @param {number} index @returns {Promise<Someone>} */
export async function signIn({ peer, url }, index) {
  const person = emailOf(index);
  if (peer.signIn === 'none') return { token: `nobody-asks-for-this-token:${person}` };
  const { accessToken } = await appoint(url, peer.signIn === 'workos' ? { choices: { person } } : { asks: { login_hint: person } });
  return { token: accessToken };
}

/** Begins a session, where the peer has them. @param {Server} server @param {Someone} someone */
export async function beginSession({ peer, url }, someone) {
  if (peer.sessions) someone.session = await openSession(url, someone.token);
}

/** `Endpoint.open` for servers that answer by a stream of events too. @param {string} url @param {string} token @returns {Promise<string | undefined>} its id, where there are sessions */
export async function openSession(url, token) {
  const endpoint = new Endpoint(`${url}/mcp`, token);
  const answer = await endpoint.initialize();
  assert.equal(answer.status, 200, answer.text);
  const id = answer.header('Mcp-Session-Id') ?? undefined;
  const { status } = await endpoint.post(notification('notifications/initialized'), { 'Mcp-Session-Id': id, 'MCP-Protocol-Version': '2025-11-25' });
  assert.equal(status, 202);
  return id;
}

/** Work on each of these, some at a time. @template T, R @param {T[]} all @param {number} together @param {(one: T, index: number) => Promise<R>} work */
export async function inParallel(all, together, work) {
  /** @type {R[]} */
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < all.length) {
      const index = next++;
      results[index] = await work(all[index], index);
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
  return results;
}
