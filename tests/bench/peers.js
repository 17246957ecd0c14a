/** `pnpm bench`: our Worker beside what people use today and beside the limits of the platform. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../dev/stack.js';
import { startWorkOS } from '../../dev/workos.js';
import { Failure, PROJECT, step } from '../../scripts/run.js';
import { groupsFor, runName, runsOf } from './harness/cells.js';
import { writeReport } from './harness/document.js';
import { floorRows, floorTable } from './harness/floors.js';
import { firstAnswer, memoryOfSessions, signInToFirstCall } from './harness/life.js';
import { ROLES, measure, placeOrders } from './harness/measure.js';
import { ORDERS_LISTED } from './harness/operations.js';
import { PEERS } from './harness/peers.js';
import { beginSession, everybody, inParallel, signIn } from './harness/people.js';
import { picturesOf } from './harness/pictures.js';
import { Server, bundle } from './harness/server.js';
import { lifeTable, resultsTable } from './harness/table.js';

/** @typedef {import('./harness/peers.js').Peer} Peer */
/** @typedef {import('./harness/table.js').Results} Results */

export const about = 'Our Worker beside what people use today, and beside the limits of the platform.';

/** Connections, before what is counted: code that is hot with some is hot with any. */
const WARM = 16;

export const help = `Starts this project's Worker and the comparisons of tests/bench/peers, each in a workerd of its own, signs people in to each
the whole way, and measures the same operations of all of them, round by round in shuffled order. Prints medians, and
ratios within rounds with their range, and writes build/bench/peers.json and pictures. More than one round is preceded by
one that is not counted, with ${WARM} connections, in which the runtimes compile what runs often. Judges nothing by time; an
answer that is an error is a failure.

It needs Linux: processes are looked at in /proc.

  --quick        one round of the most telling operations, in two minutes
  --smoke        the least that shows that all of it works; its figures say nothing
  --rounds N     how many (5)
  --seconds N    for each measurement (1)
  --sessions N   whose memory is measured (5000)
  --only NAME    this peer besides ours; can be given more than once
  --match TEXT   only operations whose name contains this
  --write        puts the tables and pictures into docs/PERFORMANCE.md`;

export const options = /** @type {const} */ ({
  quick: { type: 'boolean', default: false },
  smoke: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  seconds: { type: 'string', default: '1' },
  sessions: { type: 'string' },
  only: { type: 'string', multiple: true },
  match: { type: 'string', default: '' },
  write: { type: 'boolean', default: false },
});

/** How much is measured. */
const ALL = [1, 16, 64];
const EXTENTS = {
  full: { rounds: 5, pictured: 16, people: 200, sessions: 5000, cells: { inventory: ALL, spread: ALL, others: ALL, sessions: ALL } },
  quick: { rounds: 1, pictured: 16, people: 50, sessions: 500, cells: { inventory: ALL, spread: [16], others: [16], sessions: [16] } },
  smoke: { rounds: 1, pictured: 1, people: 4, sessions: 8, cells: { inventory: [1], spread: [], others: [], sessions: [4] } },
};

/** @param {{ quick: boolean, smoke: boolean, rounds?: string, seconds: string, sessions?: string, only?: string[], match: string, write: boolean }} values */
export async function run({ quick, smoke, rounds: wantedRounds, seconds, sessions: wantedSessions, only, match, write }) {
  const unknown = only?.find((name) => !PEERS.some((peer) => peer.name === name));
  if (unknown) throw new Failure(`There is no peer named ${unknown}: ${PEERS.map(({ name }) => name).join(', ')}`);
  const peers = PEERS.filter(({ name }) => name === 'ours' || !only || only.includes(name));
  const extent = EXTENTS[smoke ? 'smoke' : quick ? 'quick' : 'full'];
  const rounds = Number(wantedRounds ?? extent.rounds);
  const sessions = Number(wantedSessions ?? extent.sessions);
  const groups = groupsFor(extent.cells).filter(({ name }) => name.includes(match));

  mkdirSync(join(PROJECT, 'build/bench'), { recursive: true });
  const bench = await Bench.prepare(peers, extent.people);
  try {
    const signIns = await bench.signIns(smoke ? 1 : 5);
    const results = await bench.calls(groups, rounds, Number(seconds));
    const starts = await bench.starts(2 * rounds);
    const added = await bench.sessions(sessions);
    /** @type {import('./harness/table.js').Life} */
    const life = Object.fromEntries(
      peers.map(({ name }) => {
        const { raw, gzipped } = bench.bundleOf(name);
        return [name, { raw, gzipped, starts: starts[name], signIns: signIns[name] ?? [], sessions: added[name] }];
      }),
    );
    const floors = floorRows(results, life);
    const report = { date: new Date().toISOString(), machine: machine(), rounds, seconds: Number(seconds), people: extent.people, sessions, match, results, life, floors };
    writeFileSync(join(PROJECT, 'build/bench/peers.json'), JSON.stringify(report, null, 2));
    console.log([resultsTable(results), lifeTable(life, sessions), floorTable(floors)].map((table) => `\n${table}`).join('\n'));
    const pictures = await picturesOf(results, extent.pictured);
    for (const { name, svg } of pictures) writeFileSync(join(PROJECT, `build/bench/${name}.svg`), svg);
    if (write) writeReport(report, pictures);
  } finally {
    await bench.end();
  }
}

const machine = () => `${cpus()[0].model}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}`;

/** The peers, started, with people who have signed in. */
class Bench {
  /** @type {Map<string, Server>} */
  #servers = new Map();
  /** @type {Map<string, import('./harness/people.js').Someone[]>} */
  #people = new Map();
  /** @type {Map<string, number>} */
  #ports = new Map();
  #storage = mkdtempSync(join(tmpdir(), 'mcp-deputy-bench-'));

  /** @param {Peer[]} peers @param {Map<string, import('./harness/server.js').Bundle>} bundles @param {import('../../dev/workos.js').WorkOS} workos */
  constructor(peers, bundles, workos) {
    this.peers = peers;
    this.bundles = bundles;
    this.workos = workos;
  }

  /** @param {Peer[]} peers @param {number} crowd how many people the load is spread over */
  static async prepare(peers, crowd) {
    const bundles = await step('Bundling', () => Promise.all(peers.map(async (peer) => /** @type {const} */ ([peer.name, await bundle(peer)]))));
    const bench = new Bench(peers, new Map(bundles), await startWorkOS({ users: everybody(crowd) }));
    try {
      for (const peer of peers) {
        bench.#ports.set(peer.name, await freePort());
        const server = await bench.#start(peer);
        bench.#people.set(peer.name, await step(`Signing people in at ${peer.name}`, () => staff(server, crowd)));
      }
    } catch (error) {
      await bench.end();
      throw error;
    }
    return bench;
  }

  /** On the storage and the port that it had before. @param {Peer} peer */
  async #start(peer) {
    const place = { port: /** @type {number} */ (this.#ports.get(peer.name)), storage: join(this.#storage, peer.name), workos: this.workos };
    const server = await Server.start(peer, this.bundleOf(peer.name), place);
    this.#servers.set(peer.name, server);
    return server;
  }

  /** @param {string} name */
  async #stop(name) {
    await this.#servers.get(name)?.stop();
    this.#servers.delete(name);
  }

  /** @param {string} name */
  #peopleOf(name) {
    return this.#people.get(name) ?? [];
  }

  /** @param {string} name */
  bundleOf(name) {
    return /** @type {import('./harness/server.js').Bundle} */ (this.bundles.get(name));
  }

  /** @param {number} count of each peer */
  async signIns(count) {
    /** @type {Record<string, import('./harness/life.js').SignIn[]>} */
    const signIns = {};
    await step('Signing in, to the first call', async () => {
      for (let round = 0; round < count; round++) {
        for (const peer of shuffled(this.peers.filter(({ eras }) => eras.length > 0))) {
          (signIns[peer.name] ??= []).push(await signInToFirstCall(/** @type {Server} */ (this.#servers.get(peer.name))));
        }
      }
    });
    return signIns;
  }

  /** @param {import('./harness/cells.js').Group[]} groups @param {number} rounds @param {number} seconds @returns {Promise<Results>} */
  async calls(groups, rounds, seconds) {
    /** @type {Results} */
    const results = Object.fromEntries(groups.map(({ name }) => [name, {}]));
    /** @param {import('./harness/cells.js').Group[]} some @param {Results} [into] not counted if left out */
    const round = async (some, into) => {
      for (const group of shuffled(some)) {
        for (const each of shuffled(runsOf(group, this.peers))) {
          const server = /** @type {Server} */ (this.#servers.get(each.peer.name));
          const figures = await measure(server, this.#peopleOf(each.peer.name), group, each.era, seconds);
          if (into) (into[group.name][runName(each)] ??= []).push(figures);
        }
      }
    };
    if (rounds > 1) await step('Warming up', () => round(groups.filter(({ connections }) => connections === WARM)));
    for (let count = 1; count <= rounds; count++) await step(`Round ${count} of ${rounds}`, () => round(groups, results));
    return results;
  }

  /** @param {number} rounds */
  async starts(rounds) {
    /** @type {Record<string, import('./harness/life.js').Start[]>} */
    const starts = {};
    await step('Starting fresh processes', async () => {
      for (const { name } of this.peers) await this.#stop(name);
      for (let round = 0; round < rounds; round++) {
        for (const peer of shuffled(this.peers)) {
          const { start } = await firstAnswer(() => this.#start(peer), this.#peopleOf(peer.name)[ROLES.lister]);
          (starts[peer.name] ??= []).push(start);
          await this.#stop(peer.name);
        }
      }
    });
    return starts;
  }

  /** One peer at a time. @param {number} count */
  async sessions(count) {
    /** @type {Record<string, number>} */
    const added = {};
    for (const peer of this.peers.filter(({ eras }) => eras.length > 0)) {
      await step(`Opening ${count} sessions at ${peer.name}`, async () => {
        const people = this.#peopleOf(peer.name);
        const { server } = await firstAnswer(() => this.#start(peer), people[ROLES.lister]);
        added[peer.name] = await memoryOfSessions(server, people, count);
        await this.#stop(peer.name);
      });
    }
    return added;
  }

  async end() {
    await Promise.all([...this.#servers.keys()].map((name) => this.#stop(name)));
    await this.workos.close();
    rmSync(this.#storage, { recursive: true, force: true });
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
