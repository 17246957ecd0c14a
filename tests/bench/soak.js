/** `pnpm bench soak`: many people for a long time. Does anything fail, grow without end, or become slow? */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../scripts/run.js';
import { judge, settled } from './soak/judgement.js';
import { Load } from './soak/load.js';

export const about = 'Thousands of people for half an hour: errors, memory, sizes of objects, latency.';

export const help = `Starts the Worker as it ships in workerd, with a socket of its own and its storage on disk, signs people in over the real
path, and asks at a fixed rate over kept connections: tools/list, the inventory, purchases, lists of orders, in both eras, with
open streams, refreshed tokens and revocations. Prints figures every minute, and judges at the end: errors that are not a
chosen limit, growth of memory and of objects, lost orders. Of latency it prints the end beside the start.

  --minutes N       how long, after everybody has signed in (30)
  --principals N    how many people (10000)
  --orders N        purchases in all (100000)
  --connections N   kept at the same time, a tenth of them streams (1000)
  --rate N          requests a second; half of what the server is found to manage, unless told
  --hostile         every other minute one of the clients attacks: huge and slow bodies, floods, registrations`;

export const options = /** @type {const} */ ({
  minutes: { type: 'string', default: '30' },
  principals: { type: 'string', default: '10000' },
  orders: { type: 'string', default: '100000' },
  connections: { type: 'string', default: '1000' },
  rate: { type: 'string' },
  hostile: { type: 'boolean', default: false },
});

const SERVER = fileURLToPath(new URL('soak/server.js', import.meta.url));
const ATTACKER = fileURLToPath(new URL('soak/attacker.js', import.meta.url));
const MIB = 1024 * 1024;
/** Seconds between two looks at the memory. */
const MEMORY_EVERY = 5;
/** How often the heap is collected and looked at: it stops the world for a moment. */
const HEAPS = 9;
/** Seconds until everything must be copied when the load has ended. */
const DRAINED_WITHIN = 180;
/** Seconds that nobody asks for anything at the end: objects sleep after ten. */
const REST = 20;
/** Files of an awake object: its database, the log before it, and the index of that. */
const FILES = 3;
/** Seconds that an object is awake after a request, rather more than less. */
const AWAKE_FOR = 15;

/** The server's process. */
class Server {
  #last = 0;
  /** @type {Map<number, (answer: { value?: any, error?: string }) => void>} */
  #asked = new Map();

  /** @param {import('node:child_process').ChildProcess} child @param {{ url: string }} where */
  constructor(child, { url }) {
    this.child = child;
    this.url = url;
    child.on('message', (/** @type {any} */ answer) => this.#asked.get(answer.id)?.(answer));
    child.once('exit', () => this.#asked.forEach((answer) => answer({ error: 'it has ended' })));
  }

  /** @param {number} people */
  static async start(people) {
    // A group of its own, by which its workerd is found. It ends when this process does.
    const child = fork(SERVER, [String(people)], { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [first] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [undefined])]);
    if (!first) throw new Failure('The server did not start.');
    return new Server(child, first);
  }

  /** @param {string} question see soak/server.js @returns {Promise<any>} */
  async ask(question) {
    const id = ++this.#last;
    const { value, error } = await new Promise((resolve, reject) => {
      this.#asked.set(id, resolve);
      this.child.send({ id, question }, (error) => error && reject(error));
    }).finally(() => this.#asked.delete(id));
    if (error) throw new Failure(`The server does not know its ${question}: ${error}`);
    return value;
  }

  async stop() {
    if (!this.child.connected) return;
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}

/** The hostile neighbour's process. @param {string} url @param {string} token */
function startAttacker(url, token) {
  const child = fork(ATTACKER, [url, token], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return {
    begin: () => void child.send({ on: true }),
    /** @returns {Promise<Record<string, number>>} what it was answered, and how often */
    async end() {
      const answers = once(child, 'message');
      child.send({ on: false });
      return (await answers)[0];
    },
    stop: () => child.disconnect(),
  };
}

/** @param {ReturnType<typeof createHistogram>} latency @param {number} part in milliseconds */
const percentile = (latency, part) => latency.percentile(part) / 1000;

/** @param {Slice[]} slices */
function together(slices) {
  const latency = createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 });
  for (const slice of slices) latency.add(/** @type {any} */ (slice.latency));
  return latency;
}

/** @param {Iterable<Map<string, number>>} maps */
function sum(maps) {
  /** @type {Map<string, number>} */
  const all = new Map();
  for (const map of maps) for (const [what, count] of map) all.set(what, (all.get(what) ?? 0) + count);
  return all;
}

const total = (/** @type {Map<string, number>} */ counts) => [...counts.values()].reduce((all, each) => all + each, 0);
const list = (/** @type {Map<string, number>} */ counts) => [...counts].sort(([, a], [, b]) => b - a).map(([what, count]) => `    ${String(count).padStart(8)}  ${what}`).join('\n');

/** @typedef {{ minute: number, attacked: boolean, latency: ReturnType<typeof createHistogram>, done: Map<string, number>, limits: Map<string, number>, errors: Map<string, number> }} Slice */

/** @type {[string, number][]} */
const COLUMNS = [
  ['minute', 6], ['req/s', 7], ['p50 ms', 8], ['p99 ms', 8], ['errors', 7], ['limits', 7], ['conns', 6], ['streams', 8], ['RSS MiB', 8], ['heap MiB', 9],
  ['awake', 6], ['objects', 8], ['largest KiB', 12], ['median KiB', 11], ['log KiB', 8], ['not copied', 11], ['cpu server', 11], ['cpu load', 9], ['delay ms', 9], ['', 9],
];
const row = (/** @type {(string | number)[]} */ cells) => cells.map((cell, index) => String(cell).padStart(COLUMNS[index][1])).join('').trimEnd();

/** @typedef {{ [Name in keyof typeof options]?: any }} Values */

/** @param {Values} values */
export async function run(values) {
  const { judgements } = await soak(values);
  if (judgements.some(({ holds }) => !holds)) throw new Failure('The soak found something.');
}

/** @param {Values} values */
export async function soak(values) {
  const [minutes, principals, orders, connections] = [values.minutes, values.principals, values.orders, values.connections].map(Number);
  const server = await Server.start(principals + 1);
  const load = new Load(server.url, connections);
  /** @type {ReturnType<typeof startAttacker> | undefined} */
  let attacker;
  try {
    const most = await server.ask('mostFiles');
    const mayBeAwake = Math.floor((most - 2 * connections - 500) / FILES);
    console.log(`At ${server.url}. Signing ${principals} people in`);
    const begun = performance.now();
    const step = Math.max(1, Math.floor(principals / 10));
    const fresh = await server.ask('memory');
    await load.gather(
      Array.from({ length: principals }, (_, index) => `person${index + 1}@example.com`),
      (signedIn) => signedIn % step === 0 && console.log(`  ${signedIn} after ${Math.round((performance.now() - begun) / 1000)} s`),
    );
    const gathered = await server.ask('memory');
    const seconds = (performance.now() - begun) / 1000;
    console.log(`  ${(principals / seconds).toFixed(1)} a second; workerd had ${Math.round(fresh / 1024)} MiB and has ${Math.round(gathered / 1024)} MiB, ${((gathered - fresh) / principals).toFixed(1)} KiB more for each`);

    if (values.hostile) attacker = startAttacker(server.url, await load.tokenOf(`person${principals + 1}@example.com`));
    let rate = Number(values.rate);
    if (!values.rate) {
      const manages = await load.capacity({ atOnce: Math.min(64, connections), seconds: Math.min(20, minutes * 10), people: mayBeAwake });
      const fits = mayBeAwake < principals ? (-principals * Math.log(1 - mayBeAwake / principals)) / AWAKE_FOR : Infinity;
      rate = Math.floor(Math.min(manages / 2, fits));
      console.log(`Manages ${Math.round(manages)} requests a second without purchases; ${rate < Math.floor(manages / 2) ? `less than half of that, for a process may open ${most} files only` : 'half of that'} from now on`);
    }
    console.log(`${rate} requests a second for ${minutes} minutes, ${orders} purchases among them, ${connections} connections\n\n${row(COLUMNS.map(([name]) => name))}`);
    const outcome = await measure({ server, load, attacker, minutes, rate, orders });
    report(outcome, { principals, fresh: fresh * 1024, hostile: values.hostile });
    const judgements = judge(outcome.findings);
    for (const { what, holds, figures } of judgements) console.log(`  ${holds ? 'holds ' : 'FAILED'}  ${what}: ${figures}`);
    const log = await server.ask('log');
    if (log) console.log(`\nThe last of what the Worker and workerd printed:\n${log.slice(-3000)}`);
    return { judgements, findings: outcome.findings };
  } finally {
    attacker?.stop();
    await load.stop();
    await server.stop();
  }
}

/** @param {{ server: Server, load: Load, attacker?: ReturnType<typeof startAttacker>, minutes: number, rate: number, orders: number }} plan */
async function measure({ server, load, attacker, minutes, rate, orders }) {
  const started = performance.now();
  const now = () => (performance.now() - started) / 60_000;
  const length = Math.min(1, minutes / 10);
  const count = Math.round(minutes / length);
  /** @type {Slice[]} */
  const slices = [];
  /** @type {import('./soak/judgement.js').Point[]} */
  const memory = [];
  /** @type {import('./soak/judgement.js').Point[]} */
  const heap = [];
  /** @type {Map<string, number>[]} */
  const attacks = [];
  let largest = 0;
  let largestLog = 0;
  let peakAwake = 0;

  load.take();
  const looking = setInterval(() => void server.ask('memory').then((kib) => memory.push({ minute: now(), value: kib * 1024 }), () => {}), Math.min(MEMORY_EVERY, length * 15) * 1000);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  const running = load.run({ minutes, rate, orders });
  let looked = { at: performance.now(), processor: (await server.ask('sample')).processor };
  for (let index = 0; index < count; index++) {
    const attacked = Boolean(attacker) && index % 2 === 1;
    if (attacked) attacker?.begin();
    delay.reset();
    delay.enable();
    const own = process.cpuUsage();
    const before = now();
    await sleep(Math.max(0, (index + 1) * length - now()) * 60_000);
    if (attacked && attacker) attacks.push(new Map(Object.entries(await attacker.end())));
    const { since, ...tally } = load.take();
    const { user, system } = process.cpuUsage(own);
    delay.disable();
    const passed = (now() - before) * 60;
    const sample = await server.ask('sample');
    const at = performance.now();
    const computing = (sample.processor - looked.processor) / ((at - looked.at) / 1000);
    looked = { at, processor: sample.processor };
    if ((index + 1) % Math.max(1, Math.round(count / HEAPS)) === 0) {
      const { used, buffers } = await server.ask('heap');
      heap.push({ minute: now(), value: used + buffers });
    }
    const slice = { minute: (index + 1) * length, attacked, ...tally };
    slices.push(slice);
    largest = Math.max(largest, sample.files.largest);
    largestLog = Math.max(largestLog, sample.files.largestLog);
    peakAwake = Math.max(peakAwake, sample.awake);
    console.log(row([
      slice.minute.toFixed(length < 1 ? 2 : 0),
      (total(tally.done) / ((performance.now() - since) / 1000)).toFixed(1),
      percentile(tally.latency, 50).toFixed(1),
      percentile(tally.latency, 99).toFixed(1),
      total(tally.errors),
      total(tally.limits),
      sample.connections,
      load.streams,
      Math.round(sample.memory / 1024),
      heap.length > 0 ? (heap[heap.length - 1].value / MIB).toFixed(2) : '',
      sample.awake,
      sample.files.count,
      Math.round(sample.files.largest / 1024),
      Math.round(sample.files.median / 1024),
      Math.round(sample.files.largestLog / 1024),
      load.bought - sample.copies,
      `${Math.round(computing * 100)} %`,
      `${Math.round((user + system) / passed / 10_000)} %`,
      Math.round(delay.percentile(99) / 1e6),
      attacked ? 'attacked' : '',
    ]));
  }
  await running;
  clearInterval(looking);
  await load.stop();
  const last = load.take();
  const drainedFrom = performance.now();
  let { copies } = await server.ask('sample');
  while (copies < load.bought && performance.now() - drainedFrom < DRAINED_WITHIN * 1000) {
    await sleep(500);
    ({ copies } = await server.ask('sample'));
  }
  const drained = (performance.now() - drainedFrom) / 1000;
  const rows = await server.ask('rows');
  // What is still there when nobody has asked for a while, and workerd has let the objects sleep.
  await sleep(Math.min(REST, length * 60) * 1000);
  const rested = await server.ask('sample');
  return {
    slices,
    attacks: sum(attacks),
    drained,
    peakAwake,
    rested,
    rows,
    memory,
    findings: {
      errors: sum([...slices.map((slice) => slice.errors), last.errors]),
      requests: slices.reduce((all, { done }) => all + total(done), 0),
      memory,
      heap,
      largest,
      largestLog,
      entries: rows.mostAudit,
      orders: { begun: load.begun, acknowledged: load.bought, kept: rows.orders, copied: copies, waiting: rows.deliveries },
    },
  };
}

/** @param {Awaited<ReturnType<typeof measure>>} outcome @param {{ principals: number, fresh: number, hostile: boolean }} setting */
function report({ slices, attacks, drained, peakAwake, rested, rows, memory, findings }, { principals, fresh, hostile }) {
  console.log(`\nAnswered as they should be:\n${list(sum(slices.map(({ done }) => done)))}`);
  const limits = sum(slices.map((slice) => slice.limits));
  if (limits.size > 0) console.log(`Chosen limits:\n${list(limits)}`);
  if (findings.errors.size > 0) console.log(`Errors:\n${list(findings.errors)}`);

  const warm = slices.slice(Math.min(2, Math.ceil(slices.length / 10)));
  const window = Math.min(5, Math.floor(warm.length / 2));
  const [first, end] = [warm.slice(0, window), warm.slice(-window)].map(together);
  const [p50, p99] = [50, 99].map((part) => [percentile(first, part), percentile(end, part)]);
  console.log(`Latency of the first ${window} lines of the table after warming up, and of the last ${window}:`);
  for (const [name, [before, after]] of [['p50', p50], ['p99', p99]]) {
    console.log(`  ${name}  ${Number(before).toFixed(1)} ms, ${Number(after).toFixed(1)} ms: ${(Number(after) / Number(before)).toFixed(2)} times`);
  }
  if (hostile) {
    const [with_, without] = [true, false].map((attacked) => together(warm.filter((slice) => slice.attacked === attacked)));
    console.log(`Beside the attacker: p50 ${percentile(with_, 50).toFixed(1)} ms, p99 ${percentile(with_, 99).toFixed(1)} ms; without: p50 ${percentile(without, 50).toFixed(1)} ms, p99 ${percentile(without, 99).toFixed(1)} ms`);
    console.log(`What it was answered:\n${list(attacks)}`);
  }
  const late = settled(memory).at(-1)?.value ?? 0;
  console.log(`Memory at the end: ${(late / MIB).toFixed(0)} MiB, ${((late - fresh) / 1024 / principals).toFixed(1)} KiB for each person more than at the start; at most ${peakAwake} of their objects were awake at a look`);
  console.log(`  when nobody had asked for a while: ${Math.round(rested.memory / 1024)} MiB, ${rested.awake} awake`);
  console.log(`In all objects: ${rows.orders} orders, ${rows.audit} entries of trails. The last copy came ${drained.toFixed(1)} s after the end of the load\n`);
}
