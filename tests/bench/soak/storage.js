/** What the objects of a soak have on disk. It is read past the Worker, while that works. */
import { globSync, opendirSync, readlinkSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { processes } from '../../support/workerd.js';

/** Files looked at together: the others of this process's threads stay free. */
const AT_ONCE = 64;

export class Storage {
  /** @param {string} directory */
  constructor(directory) {
    this.directory = directory;
  }

  /** The principals' databases. */
  get #databases() {
    return globSync('do/*-Principal/*.sqlite', { cwd: this.directory })
      .filter((file) => !file.endsWith('metadata.sqlite'))
      .map((file) => join(this.directory, file));
  }

  /** How many there are, and how large in bytes; a log that is not yet in its database (-wal) counts on its own. */
  async sizes() {
    const files = this.#databases;
    /** @type {number[]} */
    const sizes = [];
    let logs = 0;
    const size = async (/** @type {string} */ file) => (await stat(file).catch(() => undefined))?.size ?? 0;
    for (let at = 0; at < files.length; at += AT_ONCE) {
      const some = files.slice(at, at + AT_ONCE);
      sizes.push(...(await Promise.all(some.map(size))));
      logs = Math.max(logs, ...(await Promise.all(some.map((file) => size(`${file}-wal`)))));
    }
    sizes.sort((a, b) => a - b);
    return { count: sizes.length, largest: sizes.at(-1) ?? 0, median: sizes[sizes.length >> 1] ?? 0, largestLog: logs };
  }

  /** How many objects are awake: workerd has their databases open. @param {number} group of processes */
  awake(group) {
    const open = new Set();
    for (const directory of processes(group)) {
      const descriptors = opendirSync(`${directory}/fd`);
      for (let entry; (entry = descriptors.readSync()); ) {
        try {
          const file = readlinkSync(`${directory}/fd/${entry.name}`);
          if (/-Principal\/[0-9a-f]+\.sqlite$/.test(file)) open.add(file);
        } catch {
          // closed while we looked
        }
      }
      descriptors.closeSync();
    }
    return open.size;
  }

  /** The copies of orders that are in KV. */
  copies() {
    let count = 0;
    for (const file of globSync('kv/miniflare-KVNamespaceObject/*.sqlite', { cwd: this.directory })) {
      if (file.endsWith('metadata.sqlite')) continue;
      count += read(join(this.directory, file), '_mf_entries', "key >= 'order:' AND key < 'order;'");
    }
    return count;
  }

  /** What all objects together hold. */
  rows() {
    const total = { orders: 0, deliveries: 0, audit: 0, mostAudit: 0 };
    for (const file of this.#databases) {
      total.orders += read(file, 'orders');
      total.deliveries += read(file, 'deliveries');
      const entries = read(file, 'audit');
      total.audit += entries;
      total.mostAudit = Math.max(total.mostAudit, entries);
    }
    return total;
  }
}

/** Rows of a table, none where there is no such table. @param {string} file @param {string} table @param {string} [where] */
function read(file, table, where = 'true') {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    if (!database.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table)) return 0;
    return Number(database.prepare(`SELECT count(*) AS rows FROM ${table} WHERE ${where}`).get()?.rows);
  } finally {
    database.close();
  }
}
