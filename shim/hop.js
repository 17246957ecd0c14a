// The hop to a principal's object. A hop costs as much as a step, and on Cloudflare each is billed. So whoever finds none of its
// principal's requests on the way goes at once; what comes meanwhile gathers, and goes together when that hop is home.
//
// What they share is the way. Each is authenticated by its own step in the object, and gets its own answer.

import { principal, readOutcome } from './steps.js';
import { Reader, Writer } from './wire.js';

/** Requests that share a hop, and their size together in bytes; one that is larger goes alone. */
const MAX_SHARED = 32;
const MAX_SHARED_BYTES = 1024 * 1024;
/** A hop waits for the one before it to be home, and no longer than this. */
const MAX_GATHERING_MS = 5;
/** Who took the hop is gone, if nothing came by then. */
const NO_ANSWER_MS = 30_000;

/** @typedef {{ request: Uint8Array, resolve: (answer: Uint8Array | string) => void, reject: (error: unknown) => void }} Passenger */
/** @typedef {{ passengers: Passenger[], depart: () => void }} Hop */
/** The hops to an object: the last that left, until it is home, and those that gather meanwhile. @typedef {{ last?: Hop, gathering: Hop[] }} Way */

/** By the object's name, while there are any. @type {Map<string, Way>} */
const ways = new Map();
const scratch = new Writer();

/**
 * What a principal's object answers to a request.
 * @param {Env} env @param {string} name the principal's @param {import('./steps.js').Input} request (`described`) @param {ExecutionContext} ctx
 */
export async function hop(env, name, request, ctx) {
  request(scratch.reset());
  const answer = await share(env, name, scratch.bytes().slice(), ctx);
  const bytes = typeof answer === 'string' ? await principal(env, name).redeem(answer) : answer;
  return readOutcome(new Reader(bytes));
}

/** @param {Env} env @param {string} name @param {Uint8Array} request @param {ExecutionContext} ctx */
function share(env, name, request, ctx) {
  // Whoever took the hop resolves this, and the runtime goes on with it as part of the request that it was made in. It does not
  // know that request for `new Promise`, once V8 has optimised it.
  const { promise, resolve, reject } = /** @type {PromiseWithResolvers<Uint8Array | string>} */ (Promise.withResolvers());
  const passenger = { request, resolve, reject };
  const way = ways.get(name) ?? { gathering: [] };
  ways.set(name, way);
  const next = way.gathering.at(-1);
  if (next && hasRoom(next, request)) {
    next.passengers.push(passenger);
    // The runtime ends a request that waits for nothing of its own.
    const limit = setTimeout(() => reject(new Error('the object gave no answer in time')), NO_ANSWER_MS);
    return promise.finally(() => clearTimeout(limit));
  }
  ctx.waitUntil(take(env, name, way, passenger));
  return promise;
}

/** @param {Hop} hop @param {Uint8Array} request */
function hasRoom({ passengers }, request) {
  return passengers.length < MAX_SHARED && passengers.reduce((sum, each) => sum + each.request.length, request.length) <= MAX_SHARED_BYTES;
}

/** A hop, there and back. @param {Env} env @param {string} name @param {Way} way @param {Passenger} first */
async function take(env, name, way, first) {
  const { promise: mayDepart, resolve: depart } = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
  const hop = { passengers: [first], depart };
  if (way.last) {
    way.gathering.push(hop);
    const limit = setTimeout(depart, MAX_GATHERING_MS);
    await mayDepart;
    clearTimeout(limit);
    way.gathering = way.gathering.filter((other) => other !== hop);
  }
  way.last = hop;
  try {
    const answers = await principal(env, name).answer(hop.passengers.map(({ request }) => request));
    hop.passengers.forEach(({ resolve }, at) => resolve(answers[at]));
  } catch (error) {
    for (const { reject } of hop.passengers) reject(error);
  }
  if (way.last !== hop) return; // one that would wait no longer has left meanwhile
  way.last = way.gathering.shift();
  if (way.last) way.last.depart();
  else ways.delete(name);
}
