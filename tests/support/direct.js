/**
 * The Worker that ships, in a workerd whose socket is the Worker's own: `wrangler dev` has a proxy in front that costs ten
 * times the request. The bundle is the one that a deployment uploads.
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { freePort } from '../../dev/stack.js';
import { PROJECT, local, run } from '../../scripts/run.js';

/** wrangler's own; the project needs no other. @type {any} */
const { Log, LogLevel, Miniflare, convertV4MiniflareOptions } = createRequire(createRequire(import.meta.url).resolve('wrangler'))('miniflare');

const NAME = 'deputy';
const KINDS = [
  { ending: '.wasm', type: 'CompiledWasm' },
  { ending: '.wasm.txt', type: 'Text' },
];

/** What a deployment would upload, as miniflare takes it: the entry comes first. */
async function bundle() {
  const directory = mkdtempSync(join(tmpdir(), 'mcp-deputy-bundle-'));
  try {
    await run(local('wrangler'), ['deploy', '--dry-run', '--outdir', directory], { title: 'Bundling the Worker', env: { WRANGLER_SEND_METRICS: 'false' } });
    const modules = KINDS.flatMap(({ ending, type }) =>
      globSync(`*${ending}`, { cwd: directory }).map((path) => ({ type, path, contents: type === 'Text' ? readFileSync(join(directory, path), 'utf8') : readFileSync(join(directory, path)) })),
    );
    return [{ type: 'ESModule', path: 'worker.js', contents: readFileSync(join(directory, 'worker.js'), 'utf8') }, ...modules];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * @param {{ vars: (url: string) => Record<string, string>, persistTo: string, onLog?: (text: string) => void }} options
 *   `vars`: the Worker's variables, who has this address
 */
export async function startDirect({ vars, persistTo, onLog = () => {} }) {
  const port = await freePort();
  const inspector = await freePort();
  const url = `http://localhost:${port}`;
  /** @type {{ workerOptions: any }} */
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(PROJECT, 'wrangler.toml'));
  const miniflare = new Miniflare(convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    log: new Log(LogLevel.NONE),
    inspectorPort: inspector,
    resourcePersistencePath: persistTo,
    handleStructuredLogs: (/** @type {{ level: string, message: string }} */ { level, message }) => onLog(`${level}: ${message}\n`),
    workers: [{
      ...workerOptions,
      name: NAME,
      modules: await bundle(),
      modulesRules: undefined,
      bindings: { ...workerOptions.bindings, ...vars(url) },
      unsafeDirectSockets: [{ host: '127.0.0.1', port }],
    }],
  }));
  await miniflare.ready;
  return { url, port, inspector: `ws://127.0.0.1:${inspector}/core:user:${NAME}`, stop: () => miniflare.dispose() };
}
