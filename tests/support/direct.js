/**
 * The Worker as a deployment would upload it, in a workerd whose socket is the Worker's own: the proxy of `wrangler dev` costs ten
 * times a request. workerd can be killed, and is back on the same storage within half a second; `wrangler dev` takes six.
 */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Log, LogLevel, Miniflare, convertV4MiniflareOptions } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { freePort, variablesFor } from '../../dev/stack.js';
import { PROJECT, local, run } from '../../scripts/run.js';
import { childrenOf } from './workerd.js';

const NAME = 'deputy';
/** Characters that are kept of what it prints, the newest. */
const MOST_LOG = 4_000_000;
/** By what their files end in. @type {Record<string, 'ESModule' | 'CompiledWasm' | 'Text'>} */
const MODULES = { '.js': 'ESModule', '.wasm': 'CompiledWasm', '.txt': 'Text' };

/**
 * @typedef {object} Options
 * @property {string} persistTo the directory of its storage
 * @property {string} [project] the directory with the wrangler.toml
 * @property {number} [port] a free one if not given, or 0
 * @property {import('../../dev/workos.js').WorkOS} [workos] signs people in
 * @property {Record<string, string>} [vars] over those that a Worker on this machine gets
 * @property {(text: string) => void} [onLog] is told what the Worker prints
 *
 * @typedef {Pick<import('../../dev/stack.js').Stack, 'url' | 'port' | 'pid' | 'logs' | 'stop' | 'kill'> & Own} Direct
 * @typedef {object} Own
 * @property {string} inspector where V8's inspector is, of the Worker's isolate
 * @property {() => Promise<void>} back resolves when it is there again after `kill`
 */

/** @param {Options} options @returns {Promise<Direct>} */
export async function startDirect({ persistTo, project = PROJECT, onLog = () => {}, ...options }) {
  const port = options.port || (await freePort());
  const inspector = await freePort();
  const url = `http://localhost:${port}`;
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-deputy-'));
  // Not beside a developer's .dev.vars.
  const config = join(scratch, 'wrangler.toml');
  writeFileSync(config, readFileSync(join(project, 'wrangler.toml'), 'utf8').replaceAll(/^main = "(.*)"$/gm, (_, main) => `main = ${JSON.stringify(resolve(project, main))}`));
  const bundle = join(scratch, 'bundle');
  await run(local('wrangler'), ['deploy', '--config', config, '--dry-run', '--outdir', bundle], { cwd: project, env: { WRANGLER_SEND_METRICS: 'false' } });
  const { workerOptions } = /** @type {any} */ (unstable_getMiniflareWorkerOptions(config));
  const modules = globSync('*.{js,wasm,txt}', { cwd: bundle }).map((file) => ({ type: MODULES[extname(file)], path: join(bundle, file) }));
  modules.sort((a, b) => Number(b.type === 'ESModule') - Number(a.type === 'ESModule')); // the entry comes first

  let log = '';
  /** workerd, and nobody else's. */
  let pid = 0;
  const others = new Set(childrenOf(process.pid));
  const find = () => {
    pid = childrenOf(process.pid).find((id) => !others.has(id)) ?? 0;
  };
  /** How often it has begun, and how often it must have for `back`. */
  let lives = 0;
  let awaited = 0;
  const miniflare = new Miniflare(convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.NONE),
    inspectorPort: inspector,
    resourcePersistencePath: join(persistTo, 'v3'),
    handleStructuredLogs: (/** @type {{ message: string }} */ { message }) => {
      log = `${log}${message}\n`.slice(-MOST_LOG);
      onLog(`${message}\n`);
    },
    unsafeHandleRuntimeRestart: () => {
      find();
      lives += 1;
    },
    workers: [{
      ...workerOptions,
      name: NAME,
      rootPath: bundle,
      modulesRoot: bundle,
      modules,
      bindings: { ...workerOptions.bindings, ...variablesFor(url, options.workos, { CALLS_PER_MINUTE: '0', ...options.vars }) },
      unsafeDirectSockets: [{ host: '127.0.0.1', port }],
    }],
  }));
  await miniflare.ready;
  find();
  options.workos?.tell(`${url}/webhooks/workos`);

  const back = async () => {
    while (lives < awaited) await sleep(5);
  };
  return {
    url,
    port,
    get pid() {
      return pid;
    },
    inspector: `ws://127.0.0.1:${inspector}/core:user:${NAME}`,
    logs: () => log,
    back,
    /** As a power cut would. Miniflare starts it again by itself. */
    async kill() {
      awaited = lives + 1;
      process.kill(pid, 'SIGKILL');
    },
    async stop() {
      await back();
      await miniflare.dispose();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
