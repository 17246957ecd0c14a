/** What a server costs before and beside its calls: to start, to sign somebody in, to keep sessions. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../support/http.js';
import { ROLES } from './measure.js';
import { INVENTORY, initialization, requestsFor, resultOf } from './operations.js';
import { beginSession, inParallel, openSession, signIn } from './people.js';
import { Server } from './server.js';

/** @typedef {import('./people.js').Someone} Someone */
/** @typedef {{ seconds: number, cpu: number, memory: number }} Start until the first answer; memory in KiB */
/** @typedef {{ seconds: number, cpu: number }} SignIn until the answer to the first call */

/** A fresh process on storage that is there already, until it has answered somebody who signed in before. @param {() => Promise<Server>} start @param {Someone} someone */
export async function firstAnswer(start, someone) {
  const before = performance.now();
  const server = await start();
  const [request] = initialization(someone.token).firsts;
  resultOf(await ask(`${server.url}/mcp`, { method: 'POST', ...request }));
  const seconds = (performance.now() - before) / 1000;
  return { server, start: /** @type {Start} */ ({ seconds, cpu: server.exactCpu, memory: server.usage.memory }) };
}

/** Registration, PKCE, consent where there is one, token, the session where there are some, and a first call. @param {Server} server @returns {Promise<SignIn>} */
export async function signInToFirstCall(server) {
  const [before, cpu] = [performance.now(), server.exactCpu];
  const someone = await signIn(server, ROLES.beginner);
  await beginSession(server, someone);
  const [era] = server.peer.eras;
  const [request] = requestsFor(INVENTORY, era, [someone]);
  INVENTORY.check(resultOf(await ask(`${server.url}/mcp`, { method: 'POST', ...request })));
  return { seconds: (performance.now() - before) / 1000, cpu: server.exactCpu - cpu };
}

/** Of a server that has just started: what sessions add to its memory, in KiB. @param {Server} server @param {Someone[]} people @param {number} sessions */
export async function memoryOfSessions(server, people, sessions) {
  const before = server.usage.memory;
  const turns = Array.from({ length: sessions }, (_, index) => people[index % people.length]);
  await inParallel(turns, 16, ({ token }) => openSession(server.url, token));
  await sleep(1000);
  return server.usage.memory - before;
}
