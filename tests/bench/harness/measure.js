/** One run: a peer does one thing for some seconds. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../../scripts/run.js';
import { ask } from '../../support/http.js';
import { until } from '../../support/until.js';
import { apply } from './load.js';
import { BUY, ORDERS, initialization, requestsFor, resultOf } from './operations.js';
import { inParallel, openSession } from './people.js';

/**
 * @typedef {import('./cells.js').Group} Group
 * @typedef {import('./peers.js').Era} Era
 * @typedef {import('./server.js').Server} Server
 * @typedef {import('./people.js').Someone} Someone
 *
 * @typedef {object} Figures
 * @property {number} rate a second: of requests, or of sessions begun
 * @property {number} p50 milliseconds, of one request
 * @property {number} p99
 * @property {number} cpu seconds of workerd for a thousand
 * @property {number} [lag] milliseconds from the last order's answer until its copy is there
 */

/** Who does what: what one does changes nothing for the others. */
export const ROLES = { buyer: 0, lister: 1, beginner: 2 };
const SAMPLE = 24;

/** @param {Server} server @param {Someone[]} people @param {Group} group @param {Era} era @param {number} seconds at least @returns {Promise<Figures>} */
export async function measure(server, people, group, era, seconds) {
  const { operation, connections, spread } = group;
  if (!operation) return measureSessions(server, people[ROLES.beginner], connections, seconds);
  const workers = spread ? people : [people[operation === ORDERS ? ROLES.lister : ROLES.buyer]];
  const requests = requestsFor(operation, era, workers);
  const url = `${server.url}/mcp`;
  /** @param {import('./load.js').Message[]} sample */
  const verify = (sample) =>
    inParallel(sample, 8, async (request) => {
      const answer = await ask(url, { method: 'POST', ...request });
      server.peer.eras.length > 0 ? operation.check(resultOf(answer)) : resultOf(answer);
      return answer.text.length;
    });
  const sizes = await verify(spread ? requests.slice(0, people.length) : requests.slice(0, SAMPLE));
  const copies = operation === BUY && server.peer.copies;
  const { answered, cpu } = await load(server, { firsts: requests }, connections, seconds, copies);
  // An error that comes with status 200 is shorter than any success.
  if (answered.bytes / answered.requests < Math.min(...sizes)) throw new Failure(`${server.peer.name}, ${group.name}: answers are shorter than they should be`);
  await verify(requests.slice(-4));
  return {
    rate: answered.requests / answered.seconds,
    p50: answered.p50,
    p99: answered.p99,
    cpu: (cpu / answered.requests) * 1000,
    ...(copies && { lag: await untilCopied(server, people[ROLES.buyer], era) }),
  };
}

/** @param {Server} server @param {Someone} someone @param {number} connections @param {number} seconds @returns {Promise<Figures>} */
async function measureSessions(server, { token }, connections, seconds) {
  await openSession(server.url, token);
  const { answered, cpu } = await load(server, initialization(token), connections, seconds);
  const sessions = answered.requests / 2;
  return { rate: sessions / answered.seconds, p50: answered.p50, p99: answered.p99, cpu: (cpu / sessions) * 1000 };
}

/** Of what is slow, more is measured: each connection is answered twice. */
const ANSWERS = 2;
const LONGER = 4;
const MOST_SECONDS = 60;

/**
 * Load until there is enough to tell, and the CPU that it took: until its end, or until what goes on behind it is done too.
 * @param {Server} server @param {import('./load.js').Load} what @param {number} connections @param {number} seconds @param {boolean} [behind]
 */
async function load(server, what, connections, seconds, behind = false) {
  const before = await settled(server);
  const answered = await apply(`${server.url}/mcp`, what, { connections, seconds });
  const { cpu } = server.usage;
  const after = await settled(server);
  if (answered.requests < ANSWERS * connections && seconds < MOST_SECONDS) return load(server, what, connections, seconds * LONGER, behind);
  if (answered.requests === 0) throw new Failure(`${server.peer.name} has answered nothing within ${seconds} seconds`);
  return { answered, cpu: (behind ? after : cpu) - before };
}

const LOOK = 40;
/** One look would take for rest what waits for the disk. */
const LOOKS_AT_REST = 3;
const AT_REST = 0.005;
const LONGEST = 60_000;

/** Waits until a server has done what it was still asked for, so that the next has the machine for itself. @param {Server} server @returns {Promise<number>} its CPU seconds */
export async function settled(server) {
  let { cpu } = server.usage;
  let looks = 0;
  for (const until = Date.now() + LONGEST; looks < LOOKS_AT_REST; ) {
    if (Date.now() > until) throw new Failure(`${server.peer.name} does not come to rest`);
    await sleep(LOOK);
    const now = server.usage.cpu;
    looks = now - cpu < AT_REST ? looks + 1 : 0;
    cpu = now;
  }
  return cpu;
}

/** Orders leave in the order they came: the copy of the last is the end. @param {Server} server @param {Someone} someone @param {Era} era */
async function untilCopied(server, someone, era) {
  const [request] = requestsFor(BUY, era, [someone]);
  const answer = await ask(`${server.url}/mcp`, { method: 'POST', ...request });
  const { order } = resultOf(answer).structuredContent;
  const answered = performance.now();
  const orders = await server.namespace('ORDERS');
  await until('the copy of the last order', async () => (await orders.get(`order:${order.userId}:${order.id}`)) !== null, 120);
  return performance.now() - answered;
}

/** Gives the lister what is listed. @param {Server} server @param {Someone} lister @param {number} count */
export async function placeOrders(server, lister, count) {
  const [era] = server.peer.eras;
  for (const request of requestsFor(BUY, era, [lister]).slice(0, count)) {
    const answer = await ask(`${server.url}/mcp`, { method: 'POST', ...request });
    assert.equal(resultOf(answer).structuredContent.status, 'success');
  }
}
