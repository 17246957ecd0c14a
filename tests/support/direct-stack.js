/**
 * The Worker in workerd, with nothing of wrangler around it but the bundle that it would upload. workerd can be killed, and is
 * back on the same storage within half a second; `wrangler dev` takes six.
 */
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { freePort, variablesFor } from '../../dev/stack.js';
import { local, run } from '../../scripts/run.js';
import { childrenOf } from './workerd.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** What wrangler itself runs workerd with: its own dependency, not ours. */
const { Miniflare, Log, LogLevel, convertV4MiniflareOptions } = createRequire(createRequire(import.meta.url).resolve('wrangler'))('miniflare');

const MODULES = new Map([['.js', 'ESModule'], ['.wasm', 'CompiledWasm'], ['.txt', 'Text']]);

/** Stacks that were killed, by where their storage is: the next one there is the same one, started again. @type {Map<string, Direct>} */
const killed = new Map();

/**
 * @typedef {Pick<import('../../dev/stack.js').Stack, 'url' | 'port' | 'pid' | 'logs' | 'stop' | 'kill'> & { back: () => Promise<void> }} Direct
 * @typedef {{ port: number, persistTo: string, project?: string, vars?: Record<string, string>, workos?: import('../../dev/workos.js').WorkOS }} Options
 */

/** @param {Options} options @returns {Promise<Direct>} */
export async function startDirectStack(options) {
  const stack = killed.get(options.persistTo);
  killed.delete(options.persistTo);
  if (stack) await stack.back();
  return stack ?? startAnew(options);
}

/** @param {Options} options @returns {Promise<Direct>} */
async function startAnew({ project = PROJECT, ...options }) {
  const port = options.port || (await freePort());
  const url = `http://localhost:${port}`;
  const bundle = mkdtempSync(join(tmpdir(), 'mcp-deputy-'));
  await run(local('wrangler'), ['deploy', '--dry-run', '--outdir', bundle], { cwd: project, env: { WRANGLER_SEND_METRICS: 'false' } });
  const { workerOptions } = /** @type {any} */ (unstable_getMiniflareWorkerOptions(join(project, 'wrangler.toml')));
  const modules = globSync('*.{js,wasm,txt}', { cwd: bundle }).map((file) => ({ type: MODULES.get(extname(file)), path: join(bundle, file) }));
  modules.sort((a, b) => Number(b.type === 'ESModule') - Number(a.type === 'ESModule')); // the entry comes first

  let log = '';
  /** workerd, and nobody else's. */
  let pid = 0;
  const others = new Set(childrenOf(process.pid));
  const find = () => {
    pid = childrenOf(process.pid).find((id) => !others.has(id)) ?? 0;
  };
  /** How often it was there, and whoever waits for it to be there again. */
  let lives = 0;
  const miniflare = new Miniflare(convertV4MiniflareOptions({
    host: '127.0.0.1',
    port,
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.NONE),
    resourcePersistencePath: join(options.persistTo, 'v3'),
    handleStructuredLogs: (/** @type {{ message: string }} */ { message }) => {
      log += `${message}\n`;
    },
    unsafeHandleRuntimeRestart: () => {
      find();
      lives += 1;
    },
    workers: [{
      ...workerOptions,
      name: 'mcp-shop',
      rootPath: bundle,
      modulesRoot: bundle,
      modules,
      bindings: { ...workerOptions.bindings, ...variablesFor(url, options.workos, options.vars) },
    }],
  }));
  await miniflare.ready;
  find();
  options.workos?.tell(`${url}/webhooks/workos`);
  let awaited = 0;

  /** @type {Direct} */
  const stack = {
    url,
    port,
    get pid() {
      return pid;
    },
    logs: () => log,
    /** As a power cut would. Miniflare starts it again by itself. */
    async kill() {
      awaited = lives + 1;
      killed.set(options.persistTo, stack);
      process.kill(pid, 'SIGKILL');
    },
    /** Waits until it is there again. */
    async back() {
      while (lives < awaited) await sleep(5);
    },
    async stop() {
      await stack.back();
      await miniflare.dispose();
      rmSync(bundle, { recursive: true, force: true });
    },
  };
  return stack;
}
