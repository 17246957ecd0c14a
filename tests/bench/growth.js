/** `pnpm bench growth`: what a call costs when a person has much: orders, a long trail, many deputies, many sessions. */
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { freePort } from '../../dev/stack.js';
import { startWorkOS } from '../../dev/workos.js';
import { Failure, PROJECT, step } from '../../scripts/run.js';
import { ask } from '../support/http.js';
import { apply } from './harness/load.js';
import { settled } from './harness/measure.js';
import { BUY, INVENTORY, LIST, ORDERS, initialization, requestsFor, resultOf } from './harness/operations.js';
import { OURS } from './harness/peers.js';
import { beginSession, everybody, inParallel, openSession, signIn } from './harness/people.js';
import { Server, bundle } from './harness/server.js';
import { columns, short } from './harness/table.js';

/**
 * @typedef {import('./harness/people.js').Someone} Someone
 * @typedef {import('./harness/operations.js').Operation} Operation
 * @typedef {{ name: string, past: number, deputies: number, sessions: number }} State `past`: orders and entries of the trail
 * @typedef {{ read: number, written: number, alarms: number, statements: string }} Rows `statements`: a table of them
 * @typedef {{ state: string, operation: string, rows: Rows, rate: number, p99: number, cpu: number }} Measured `cpu`: seconds for a thousand calls
 */

export const about = 'What a call costs when a person has many orders, deputies and sessions, and a long trail.';

export const help = `Measures our Worker for one person who has little, and then with much of one thing at a time: the rate, the CPU and the rows
that each operation reads and writes in the object, which is what Cloudflare bills. An alarm that is set is billed as one more. Rows are
counted by the Worker of tests/levers, everything else is measured of what ships. Deputies and sessions come to be as they
do in life. Orders, what was used up by them (one in each minute) and entries of the trail are written into the object's file
while nobody runs; of the trail the newest 2,000 are in the object and the others in the archive, as they would be.

  --seconds N    for each measurement (1)
  --statements   which statements read and write them`;

export const options = /** @type {const} */ ({ seconds: { type: 'string', default: '1' }, statements: { type: 'boolean', default: false } });

/** @type {State[]} */
const STATES = [
  { name: 'little', past: 10, deputies: 1, sessions: 1 },
  { name: '1,000 orders and entries', past: 1_000, deputies: 1, sessions: 1 },
  { name: '100,000 orders and entries', past: 100_000, deputies: 1, sessions: 1 },
  { name: '200 deputies', past: 10, deputies: 200, sessions: 1 },
  { name: '1,000 sessions', past: 10, deputies: 1, sessions: 1_000 },
];

/** @type {{ name: string, era: 'modern' | 'legacy', operation?: Operation }[]} */
const OPERATIONS = [
  { name: 'inventory', era: 'modern', operation: INVENTORY },
  { name: 'inventory, legacy', era: 'legacy', operation: INVENTORY },
  { name: 'tools/list', era: 'modern', operation: LIST },
  { name: 'orders', era: 'modern', operation: ORDERS },
  { name: 'buy', era: 'modern', operation: BUY },
  { name: 'initialize', era: 'legacy' },
];
const CONNECTIONS = 16;
const COUNTED = 16;

/** @param {{ seconds: string, statements: boolean }} values */
export async function run({ seconds, statements }) {
  mkdirSync(join(PROJECT, 'build/bench'), { recursive: true });
  const workos = await startWorkOS({ users: everybody(1) });
  const levers = { ...OURS, name: 'levers', entry: 'tests/levers/worker.js' };
  try {
    const [shipped, watched] = await step('Bundling', () => Promise.all([bundle(OURS), bundle(levers)]));
    /** @type {Measured[]} */
    const all = [];
    for (const state of STATES) {
      const place = { port: await freePort(), storage: mkdtempSync(join(tmpdir(), 'mcp-deputy-growth-')), workos };
      const start = (/** @type {typeof OURS} */ peer) => Server.start(peer, peer === OURS ? shipped : watched, place);
      try {
        const someone = await step(`${state.name}: coming to be`, () => become(state, () => start(OURS), place.storage));
        const rows = await step(`${state.name}: counting rows`, () => during(() => start(levers), (server) => countRows(server, someone)));
        const costs = await step(`${state.name}: measuring`, () => during(() => start(OURS), (server) => measure(server, someone, Number(seconds))));
        all.push(...OPERATIONS.map(({ name }, index) => ({ state: state.name, operation: name, rows: rows[index], ...costs[index] })));
      } finally {
        rmSync(place.storage, { recursive: true, force: true });
      }
    }
    writeFileSync(join(PROJECT, 'build/bench/growth.json'), JSON.stringify(all, null, 2));
    if (statements) for (const { state, operation, rows } of all) console.log(`\n${state}, ${operation}\n${rows.statements}`);
    console.log(`\n${growthTable(all)}`);
  } finally {
    await workos.close();
  }
}

/** @template T @param {() => Promise<Server>} start @param {(server: Server) => Promise<T>} work */
async function during(start, work) {
  const server = await start();
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** @param {State} state @param {() => Promise<Server>} start @param {string} storage @returns {Promise<Someone>} */
async function become({ past, deputies, sessions }, start, storage) {
  const someone = await during(start, async (server) => {
    const [first] = await inParallel(Array.from({ length: deputies }), 4, () => signIn(server, 0));
    await inParallel(Array.from({ length: sessions }), 8, () => openSession(server.url, first.token));
    await buyOne(server, first);
    await settled(server);
    return first;
  });
  fill(storage, past);
  return someone;
}

/** @param {Server} server @param {Someone} someone */
async function buyOne({ url }, someone) {
  const [request] = requestsFor(BUY, 'modern', [someone]);
  BUY.check(resultOf(await ask(`${url}/mcp`, { method: 'POST', ...request })));
}

const MINUTE = 60_000;
const TRAIL_IN_OBJECT = 2_000;
const PART = 1_000;

/** Repeats what one purchase has left. The chain of the trail is not right then, but nobody looks until it is exported. @param {string} storage @param {number} past */
function fill(storage, past) {
  const database = objectWithOrders(storage);
  const numbers = 'WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)';
  /** @param {string} sql @param {Record<string, number>} values */
  const write = (sql, values) => database.prepare(sql).run(values);
  database.exec('BEGIN');
  write(
    `${numbers} INSERT INTO orders (id, argument_digest, document)
     SELECT printf('%08x-0000-7000-8000-000000000000', n), argument_digest, json_set(document, '$.id', printf('%08x-0000-7000-8000-000000000000', n))
     FROM numbers, (SELECT * FROM orders ORDER BY seq LIMIT 1)`,
    { count: past - 1 },
  );
  fillLedger(database, past);
  const { last } = /** @type {{ last: number }} */ (database.prepare('SELECT max(seq) AS last FROM audit').get());
  const archived = Math.max(0, Math.floor((past - TRAIL_IN_OBJECT) / PART));
  const start = last + archived * PART;
  if (archived > 0) {
    write(
      `${numbers} INSERT INTO audit_parts (first, last, hash, due_at, failures)
       SELECT 1 + (n - 1) * :part, CASE WHEN n = :count THEN :start ELSE n * :part END, (SELECT hash FROM audit LIMIT 1), NULL, 0 FROM numbers`,
      { count: archived, part: PART, start },
    );
    write('INSERT INTO audit_start (seq, hash) SELECT :start, hash FROM audit WHERE seq = :last', { start, last });
  }
  const kept = archived > 0 ? TRAIL_IN_OBJECT : past;
  write(
    `${numbers} INSERT INTO audit (seq, at, grant_id, kind, entry, hash, arguments, salt)
     SELECT :start + n, at, grant_id, kind, entry, hash, arguments, salt FROM numbers, (SELECT * FROM audit WHERE seq = :last)`,
    { count: kept, start, last },
  );
  if (archived > 0) write('DELETE FROM audit WHERE seq <= :last', { last });
  database.exec('COMMIT');
  database.close();
}

/** The same use in each minute, by one deputy. `before` and `far` as wasm/authority/ledger.h says. @param {DatabaseSync} database @param {number} past */
function fillLedger(database, past) {
  const { at, used } = /** @type {{ at: number, used: string }} */ (database.prepare('SELECT at, used FROM ledger').get());
  const amounts = Object.entries(JSON.parse(used));
  database.exec('DELETE FROM ledger');
  const add = database.prepare('INSERT INTO ledger (number, at, before, far, length, used, used_by_all) VALUES (?, ?, ?, ?, ?, ?, ?)');
  const far = [0];
  for (let number = 1; number <= past; number++) {
    const before = number - 1;
    const [once, twice] = [far[before], far[far[before]]];
    far[number] = before - once === once - twice ? twice : before;
    const totals = JSON.stringify(Object.fromEntries(amounts.map(([measure, amount]) => [measure, Number(amount) * number])));
    add.run(number, at - (past - number) * MINUTE, before, far[number], number, totals, totals);
  }
  database.exec(`UPDATE activity SET ledger_line = ${past} WHERE ledger_line > 0`);
}

/** @param {string} storage */
function objectWithOrders(storage) {
  for (const file of globSync('**/*-Principal/*.sqlite', { cwd: storage })) {
    const database = new DatabaseSync(join(storage, file));
    if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'orders'").get() && database.prepare('SELECT 1 FROM orders').get()) return database;
    database.close();
  }
  throw new Failure('no object has an order');
}

/** @param {Server} server @param {Someone} someone */
async function countRows(server, someone) {
  const pull = async (/** @type {object} */ levers) => (await ask(`${server.url}/levers`, { body: JSON.stringify(levers) })).json;
  const counted = [];
  await beginSession(server, someone);
  for (const operation of OPERATIONS) {
    const requests = messagesOf(operation, someone).slice(0, COUNTED + 1);
    const [first, ...others] = requests;
    await post(server, first); // what wakes up with the first is not counted
    await settled(server);
    await pull({ rowsRead: 0, rowsWritten: 0, alarmsSet: 0, statements: {} });
    for (const request of others) await post(server, request);
    await settled(server);
    const { rowsRead, rowsWritten, alarmsSet, statements } = await pull({});
    counted.push({ read: rowsRead / COUNTED, written: rowsWritten / COUNTED, alarms: alarmsSet / COUNTED, statements: statementTable(statements) });
  }
  return counted;
}

/** @param {Server} server @param {Someone} someone @param {number} seconds */
async function measure(server, someone, seconds) {
  const measured = [];
  await beginSession(server, someone); // where there are many, an older one may have made room
  for (const operation of OPERATIONS) {
    const firsts = messagesOf(operation, someone);
    for (const request of firsts.slice(0, COUNTED)) await post(server, request);
    const before = await settled(server);
    const answered = await apply(`${server.url}/mcp`, { firsts }, { connections: CONNECTIONS, seconds }).catch(async (error) => {
      const { status, text } = await ask(`${server.url}/mcp`, { method: 'POST', ...firsts[0] });
      throw new Failure(`${operation.name}: ${error.message}\nThe next answer: ${status} ${text.slice(0, 500)}`);
    });
    const cpu = (await settled(server)) - before;
    measured.push({ rate: answered.requests / answered.seconds, p99: answered.p99, cpu: (cpu / answered.requests) * 1000 });
  }
  return measured;
}

/** @param {typeof OPERATIONS[0]} operation @param {Someone} someone */
const messagesOf = ({ era, operation }, someone) => (operation ? requestsFor(operation, era, [someone]) : initialization(someone.token).firsts);

/** @param {Server} server @param {import('./harness/load.js').Message} request */
async function post({ url }, request) {
  const result = resultOf(await ask(`${url}/mcp`, { method: 'POST', ...request }));
  if (result.isError) throw new Failure(`an error: ${JSON.stringify(result)}`);
}

/** @param {Record<string, { times: number, read: number, written: number }>} statements */
function statementTable(statements) {
  const lines = Object.entries(statements).map(([sql, { times, read, written }]) => [`  ${sql.slice(0, 90)}`, ...[times, read, written].map((count) => (count / COUNTED).toFixed(2))]);
  return columns([['  statement', 'times', 'read', 'written'], ...lines]);
}

/** @param {Measured[]} all */
function growthTable(all) {
  return OPERATIONS.map(({ name }) => {
    const rows = all.filter(({ operation }) => operation === name);
    const lines = rows.map(({ state, rows: { read, written, alarms }, rate, p99, cpu }) => [`  ${state}`, read.toFixed(1), written.toFixed(1), alarms.toFixed(1), rate.toFixed(0), short(p99), cpu.toFixed(3)]);
    return columns([[name, 'rows read', 'written', 'alarms set', `a second @${CONNECTIONS}`, 'p99 ms', 'CPU s/1000'], ...lines]);
  }).join('\n\n');
}
