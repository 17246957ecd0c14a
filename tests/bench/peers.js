/** `pnpm bench`: our Worker beside what people use today and beside the limits of the platform. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../dev/stack.js';
import { startWorkOS } from '../../dev/workos.js';
import { Failure, PROJECT, step } from '../../scripts/run.js';
import { groupsFor, runName, runsOf } from './harness/cells.js';
import { ROLES, measure, placeOrders } from './harness/measure.js';
import { ORDERS_LISTED } from './harness/operations.js';
import { PEERS } from './harness/peers.js';
import { beginSession, everybody, inParallel, signIn } from './harness/people.js';
import { Server, bundle } from './harness/server.js';
import { resultsTable } from './harness/table.js';

/** @typedef {import('./harness/measure.js').Figures} Figures */

export const about = 'Our Worker beside what people use today, and beside the limits of the platform.';

export const help = `Starts this project's Worker and the comparisons of tests/bench/peers, each in a workerd of its own, signs people in to each
the whole way, and measures the same operations of all of them, round by round in shuffled order. Prints medians, and
ratios within rounds with their range. Judges nothing by time; an answer that is an error is a failure.

  --quick        one round of the most telling operations, in two minutes
  --rounds N     how many (5)
  --seconds N    for each measurement (1)
  --people N     that the load is spread over (200)
  --only NAME    this peer besides ours; can be given more than once
  --match TEXT   only operations whose name contains this`;

export const options = /** @type {const} */ ({
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  seconds: { type: 'string', default: '1' },
  people: { type: 'string', default: '200' },
  only: { type: 'string', multiple: true },
  match: { type: 'string', default: '' },
});

/** @param {{ quick: boolean, rounds?: string, seconds: string, people: string, only?: string[], match: string }} values */
export async function run({ quick, rounds: wantedRounds, seconds, people: wantedPeople, only, match }) {
  const unknown = only?.find((name) => !PEERS.some((peer) => peer.name === name));
  if (unknown) throw new Failure(`There is no peer named ${unknown}: ${PEERS.map(({ name }) => name).join(', ')}`);
  const peers = PEERS.filter(({ name }) => name === 'ours' || !only || only.includes(name));
  const rounds = Number(wantedRounds ?? (quick ? 1 : 5));
  const crowd = Number(wantedPeople);
  const groups = (quick ? groupsFor([16], [1, 16, 64]) : groupsFor([1, 16, 64], [])).filter(({ name }) => name.includes(match));

  mkdirSync(join(PROJECT, 'build/bench'), { recursive: true });
  const storage = mkdtempSync(join(tmpdir(), 'mcp-deputy-bench-'));
  const workos = await startWorkOS({ users: everybody(crowd) });
  /** @type {Server[]} */
  const servers = [];
  try {
    const bundles = await Promise.all(peers.map(bundle));
    await step('Starting the servers', async () => {
      for (const [index, peer] of peers.entries()) {
        const place = { port: await freePort(), storage: join(storage, peer.name), workos };
        servers.push(await Server.start(peer, bundles[index], place));
      }
    });
    /** @type {Map<Server, import('./harness/people.js').Someone[]>} */
    const people = new Map();
    for (const server of servers) {
      people.set(server, await step(`Signing people in at ${server.peer.name}`, () => staff(server, crowd)));
    }
    /** Of each group, of each run, in the order of the rounds. @type {Record<string, Record<string, Figures[]>>} */
    const results = {};
    for (let round = 1; round <= rounds; round++) {
      await step(`Round ${round} of ${rounds}`, async () => {
        for (const group of shuffled(groups)) {
          for (const each of shuffled(runsOf(group, peers))) {
            const server = /** @type {Server} */ (servers.find(({ peer }) => peer === each.peer));
            const figures = await measure(server, people.get(server) ?? [], group, each.era, Number(seconds));
            ((results[group.name] ??= {})[runName(each)] ??= []).push(figures);
          }
        }
      });
    }
    const ordered = Object.fromEntries(groups.map(({ name }) => [name, results[name]]));
    writeFileSync(join(PROJECT, 'build/bench/peers.json'), JSON.stringify({ rounds, seconds: Number(seconds), people: crowd, results: ordered }, null, 2));
    console.log(resultsTable(ordered));
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await workos.close();
    rmSync(storage, { recursive: true, force: true });
  }
}

/** All who work with a peer: where it has no object for each person, only those who have a role. @param {Server} server @param {number} crowd */
async function staff(server, crowd) {
  const roles = Object.keys(ROLES).length;
  const count = server.peer.perPerson ? Math.max(crowd, roles) : roles;
  const people = await inParallel(Array.from({ length: count }), 4, (_, index) => signIn(server, index));
  if (server.peer.eras.length > 0) {
    await Promise.all(people.slice(0, roles).map((someone) => beginSession(server, someone)));
    await placeOrders(server, people[ROLES.lister], ORDERS_LISTED);
  }
  return people;
}

/** @template T @param {T[]} all @returns {T[]} */
function shuffled(all) {
  return all
    .map((one) => ({ one, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}
