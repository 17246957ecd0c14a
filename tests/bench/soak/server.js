/**
 * The server's side of `pnpm bench soak`, a process of its own, so that neither the stand-in for WorkOS nor the looking at
 * files and memory is in the way of the load. It answers what soak.js asks, by message, and ends with it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorkOS } from '../../../dev/workos.js';
import { startWorker } from '../../support/worker.js';
import { memoryOf, processorTimeOf } from '../../support/workerd.js';
import { HeapWatch } from '../../support/heap.js';
import { Storage } from './storage.js';

const people = Number(process.argv[2]);
const storage = mkdtempSync(join(tmpdir(), 'mcp-deputy-soak-'));
const workos = await startWorkOS({
  users: Array.from({ length: people }, (_, index) => ({ firstName: 'Person', lastName: `${index + 1}`, email: `person${index + 1}@example.com` })),
});
const server = await startWorker({
  persistTo: storage,
  workos,
  // The stand-in keeps every event of the audit log, and would be what is measured.
  vars: { WORKOS_ORGANIZATION_ID: '', DEMO_MODE: 'false' },
});
const objects = new Storage(join(storage, 'v3'));
const heap = await HeapWatch.open(server);

/** Connections to the Worker that are established. */
function connections() {
  const port = server.port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/tcp', 'utf8').split('\n').filter((line) => line.match(new RegExp(`^ *\\d+: [0-9A-F]{8}:${port} \\S+ 01 `))).length;
}

/** @type {Record<string, () => unknown>} */
const ANSWERS = {
  memory: () => memoryOf(process.pid),
  heap: () => heap.afterCollection(),
  sample: async () => ({
    memory: memoryOf(process.pid),
    processor: processorTimeOf(process.pid),
    connections: connections(),
    awake: objects.awake(process.pid),
    files: await objects.sizes(),
    copies: objects.copies(),
  }),
  rows: () => objects.rows(),
  /** How many files a process may have open. */
  mostFiles: () => Number(readFileSync('/proc/self/limits', 'utf8').match(/^Max open files +\d+ +(\d+)/m)?.[1]),
  log: () => server.logs().slice(-20_000),
};

process.on('message', async (/** @type {{ id: number, question: string }} */ { id, question }) => {
  try {
    process.send?.({ id, value: await ANSWERS[question]() });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
});

async function end() {
  heap.close();
  await server.stop();
  await workos.close();
  rmSync(storage, { recursive: true, force: true });
  process.exit();
}
process.once('disconnect', end);
// Ctrl+C reaches us only where we are in its group; soak.js then ends, and with it the channel.
process.send?.({ ready: true, url: server.url, port: server.port, storage });
