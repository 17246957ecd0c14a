/** The whole system with a memory: it can be stopped or lose its power, and start again on the same storage. */
import { randomBytes } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { PEOPLE } from '../../dev/people.js';
import { startWorkOS } from '../../dev/workos.js';
import { appoint } from './deputy.js';
import { ask } from './http.js';
import { tapInto } from './tap.js';
import { startWorker } from './worker.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export class Machine {
  /** @type {import('./worker.js').RunningWorker | undefined} */
  #worker;
  /** @type {Awaited<ReturnType<typeof tapInto>> | undefined} */
  #workos;
  #storage = mkdtempSync(join(tmpdir(), 'mcp-deputy-storage-'));
  #people;
  #options;

  /**
   * @param {{ vars?: Record<string, string>, levers?: boolean, project?: string, people?: number, callLimit?: number }} [options]
   *   `levers`: the Worker of tests/levers; `project`: another Worker's folder; `people`: how many more than usual can sign in,
   *   person1@example.com and so on; `callLimit`: calls of a deputy in a minute; none unless told, for tests are faster than any
   *   client
   */
  constructor({ vars, levers = false, project = PROJECT, people = 0, callLimit = 0 } = {}) {
    this.#people = Array.from({ length: people }, (_, index) => ({ firstName: 'Person', lastName: `${index + 1}`, email: `person${index + 1}@example.com` }));
    this.#options = { vars: { AUTHORITY_SECRET: randomBytes(32).toString('base64url'), CALLS_PER_MINUTE: String(callLimit), ...vars }, project: levers ? this.#withLevers() : project };
  }

  /** A project that is ours in everything but its entry. */
  #withLevers() {
    const ours = readFileSync(join(PROJECT, 'wrangler.toml'), 'utf8');
    const theirs = ours.replace(/^main = .*$/m, `main = ${JSON.stringify(join(PROJECT, 'tests/levers/worker.js'))}`);
    writeFileSync(join(this.#storage, 'wrangler.toml'), theirs);
    return this.#storage;
  }

  /** Pulls levers (see tests/levers/worker.js). @param {{ clock?: number, tick?: number, lostCopies?: number, lostParts?: number, trapOn?: string[], trapAfter?: number, loseCommitOf?: string, unansweredCopies?: number, origin?: string, documents?: object, asked?: string[], rowsRead?: number, rowsWritten?: number, alarmsSet?: number, statements?: object, points?: object[], hops?: object[], lostAnswers?: number, holdAnswers?: boolean, longestTimer?: number, shortestTimer?: number, requests?: number }} levers */
  async pull(levers) {
    const answer = await ask(`${this.url}/levers`, { body: JSON.stringify(levers) });
    if (answer.status !== 200) throw new Error(`no levers: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** For the first time, or after a crash. @param {Record<string, string>} [vars] variables that are another from now on */
  async start(vars) {
    if (this.#worker) return this.#worker.back(vars);
    this.#workos ??= await tapInto(await startWorkOS({ users: [...PEOPLE, ...this.#people] }));
    this.#worker = await startWorker({ ...this.#options, persistTo: this.#storage, workos: this.#workos });
  }

  /** As a power cut would: nobody is asked, nothing is finished. */
  async crash() {
    await this.#running.kill();
  }

  async stop() {
    await this.#worker?.stop();
    await this.#workos?.close();
    rmSync(this.#storage, { recursive: true, force: true });
  }

  get #running() {
    if (!this.#worker) throw new Error('the machine has not been started');
    return this.#worker;
  }

  get url() {
    return this.#running.url;
  }

  get port() {
    return this.#running.port;
  }

  /** WorkOS, through the tap. */
  get workos() {
    if (!this.#workos) throw new Error('the machine has not been started');
    return this.#workos;
  }

  /** Everything that was printed, before a crash too. */
  get logs() {
    return this.#running.logs();
  }

  /** Registers a client and lets a human allow it. @param {import('./deputy.js').Appointment} [appointment] */
  appoint(appointment) {
    return appoint(this.url, appointment);
  }

  // ---- Looking into the storage, past the Worker ----

  /** Those of all files that hold a text. @param {string} text */
  filesWith(text) {
    return globSync('**', { cwd: this.#storage, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file).includes(text));
  }

  /** The principals' objects that have storage, each by its file. */
  get objects() {
    return globSync('v3/do/*-Principal/*.sqlite', { cwd: this.#storage })
      .filter((file) => !file.endsWith('metadata.sqlite'))
      .sort();
  }

  /** How many rows all objects together have in some tables. @param {string[]} tables with a WHERE where that is wanted */
  rows(...tables) {
    let count = 0;
    for (const file of this.objects) {
      const database = new DatabaseSync(join(this.#storage, file), { readOnly: true, timeout: 5000 });
      try {
        for (const table of tables) {
          if (!database.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table.split(' ')[0])) continue; // just being made
          count += Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows);
        }
      } finally {
        database.close();
      }
    }
    return count;
  }

  /** When the alarms of all objects go off, those that are set. @returns {Date[]} */
  get alarms() {
    const database = new DatabaseSync(join(this.#storage, dirname(this.objects[0]), 'metadata.sqlite'), { readOnly: true, timeout: 5000 });
    try {
      const statement = database.prepare('SELECT scheduled_time / 1000000 AS time FROM _cf_ALARM');
      return statement.all().map(({ time }) => new Date(Number(time)));
    } finally {
      database.close();
    }
  }

  /** The first column of what a statement gives, in all objects. @param {string} sql @returns {any[]} */
  values(sql) {
    return this.objects.flatMap((file) => {
      const database = new DatabaseSync(join(this.#storage, file), { readOnly: true, timeout: 5000 });
      try {
        return database.prepare(sql).all().map((row) => Object.values(row)[0]);
      } finally {
        database.close();
      }
    });
  }

  /** Runs a statement on the storage of each principal's object. Only after a crash. @param {string} sql @param {...(string | number | null)} values */
  alter(sql, ...values) {
    for (const file of this.objects) {
      // The instance that is back may have been woken by an alarm, and be writing.
      const database = new DatabaseSync(join(this.#storage, file), { timeout: 5000 });
      database.prepare(sql).run(...values);
      database.close();
    }
  }

  /** Where V8's inspector is, of the Worker's isolate. */
  get inspector() {
    return this.#running.inspector;
  }

  /** The copies of orders in KV, by key. @returns {Map<string, { order: any, expires: number }>} */
  get copies() {
    return new Map(this.#values('orders', 'order:').map(({ key, text, expires }) => [key, { order: JSON.parse(text), expires }]));
  }

  /** The archive of audit trails in KV: each value by its key. */
  get archive() {
    return new Map(this.#values('audit', 'audit').map(({ key, text, expires }) => {
      if (expires) throw new Error(`${key} is not kept for good`);
      return [key, text];
    }));
  }

  /** What is in a KV namespace. @param {string} namespace as wrangler.toml names it @param {string} prefix that keys there have */
  #values(namespace, prefix) {
    const values = [];
    for (const file of globSync('v3/kv/miniflare-KVNamespaceObject/*.sqlite', { cwd: this.#storage })) {
      if (file.endsWith('metadata.sqlite')) continue;
      const database = new DatabaseSync(join(this.#storage, file), { readOnly: true, timeout: 5000 });
      try {
        if (!database.prepare("SELECT 1 FROM sqlite_master WHERE name = '_mf_entries'").get()) continue; // just being made
        const keys = database.prepare('SELECT key FROM _mf_entries WHERE key LIKE ?').all(`${prefix}%`).map(({ key }) => String(key));
        for (const key of keys) {
          const value = this.#value(database, namespace, key);
          if (value) values.push({ key, ...value });
        }
      } finally {
        database.close();
      }
    }
    return values;
  }

  /**
   * A value is a file of its own. Once it is replaced its file goes, and the table names another one.
   * @param {DatabaseSync} database @param {string} namespace @param {string} key
   * @returns {{ text: string, expires: number } | null} null where it was deleted since its key was read
   */
  #value(database, namespace, key) {
    const entry = database.prepare('SELECT blob_id, expiration FROM _mf_entries WHERE key = ?');
    for (let row = entry.get(key), last; row; last = row, row = entry.get(key)) {
      try {
        const text = readFileSync(join(this.#storage, `v3/kv/set-by-pnpm-deploy-${namespace}/blobs`, String(row.blob_id)), 'utf8');
        return { text, expires: Number(row.expiration) };
      } catch (error) {
        if (row.blob_id === last?.blob_id) throw error;
      }
    }
    return null;
  }
}
