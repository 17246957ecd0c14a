// The hop to a principal's object. Requests that come while others are on their way share one, as their steps share a commit
// there: a hop costs as much as a step, and on Cloudflare each is billed. Only one that finds nobody on the way goes at once.
//
// What they share is the way. Each is authenticated by its own step in the object, and gets its own answer.

import { principal, readOutcome } from './steps.js';
import { Reader, Writer } from './wire.js';

/** Requests that share a hop, and their size together in bytes; one that is larger goes alone. */
const MAX_SHARED = 16;
const MAX_SHARED_BYTES = 1024 * 1024;
/** Who took the hop is gone, if nothing came by then. */
const NO_ANSWER_MS = 30_000;

/** @typedef {{ request: Uint8Array, resolve: (answer: Uint8Array | string) => void, reject: (error: unknown) => void }} Passenger */
/** Hops to an object: how many are away, and who takes the next. @typedef {{ away: number, next?: Passenger[] }} Way */

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
  let way = ways.get(name);
  if (!way) {
    way = { away: 0 };
    ways.set(name, way);
  }
  const { next } = way;
  if (next && hasRoom(next, request)) {
    next.push(passenger);
    // The runtime ends a request that waits for nothing of its own.
    const limit = setTimeout(() => reject(new Error('the object gave no answer in time')), NO_ANSWER_MS);
    return promise.finally(() => clearTimeout(limit));
  }
  ctx.waitUntil(way.away === 0 ? go(env, name, way, [passenger]) : gather(env, name, way, passenger));
  return promise;
}

/** @param {Passenger[]} passengers @param {Uint8Array} request */
function hasRoom(passengers, request) {
  return passengers.length < MAX_SHARED && passengers.reduce((sum, each) => sum + each.request.length, request.length) <= MAX_SHARED_BYTES;
}

/** The next hop: whoever comes in this turn of the event loop goes, too. @param {Env} env @param {string} name @param {Way} way @param {Passenger} first */
async function gather(env, name, way, first) {
  const passengers = [first];
  way.next = passengers;
  await new Promise((turn) => setTimeout(turn, 0));
  if (way.next === passengers) way.next = undefined;
  await go(env, name, way, passengers);
}

/** @param {Env} env @param {string} name @param {Way} way @param {Passenger[]} passengers */
async function go(env, name, way, passengers) {
  way.away += 1;
  try {
    const answers = await principal(env, name).answer(passengers.map(({ request }) => request));
    passengers.forEach(({ resolve }, at) => resolve(answers[at]));
  } catch (error) {
    for (const { reject } of passengers) reject(error);
  }
  way.away -= 1;
  if (way.away === 0 && !way.next) ways.delete(name);
}
