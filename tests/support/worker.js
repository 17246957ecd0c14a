/**
 * A Worker as a deployment would upload it, in a workerd whose socket is the Worker's own: the proxy of `wrangler dev` costs ten
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
 * @property {string} [persistTo] the directory of its storage; without it, in one that ends with the Worker
 * @property {string} [project] the directory with the wrangler.toml
 * @property {string} [environment] of wrangler.toml; the shop if not given
 * @property {number} [port] a free one if not given, or 0
 * @property {import('../../dev/workos.js').WorkOS} [workos] signs people in; without it nobody does
 * @property {Record<string, string>} [vars] over those that a Worker on this machine gets
 *
 * @typedef {object} RunningWorker
 * @property {string} url
 * @property {number} port
 * @property {number} pid of its workerd
 * @property {string} inspector where V8's inspector is, of the Worker's isolate
 * @property {() => string} logs what it has printed so far
 * @property {() => Promise<void>} kill ends workerd at once, as a power cut would; it starts again by itself
 * @property {(vars?: Record<string, string>) => Promise<void>} back resolves when it is there again after `kill`, with
 *   variables that are another from now on
 * @property {() => Promise<void>} stop
 */

/** Of all Workers of this process: whose workerd is new can only be told while one starts at a time. @type {Promise<unknown>} */
let lastStart = Promise.resolve();
/** The ids of the workerds that have a Worker. @type {Set<number>} */
const taken = new Set();

/**
 * What would be uploaded, for Miniflare. @param {string} project @param {string | undefined} environment @param {string} scratch a directory
 * @returns {Promise<any>}
 */
async function bundleOf(project, environment, scratch) {
  // Not beside a developer's .dev.vars.
  const config = join(scratch, 'wrangler.toml');
  writeFileSync(config, readFileSync(join(project, 'wrangler.toml'), 'utf8').replaceAll(/^main = "(.*)"$/gm, (_, main) => `main = ${JSON.stringify(resolve(project, main))}`));
  const bundle = join(scratch, 'bundle');
  await run(local('wrangler'), ['deploy', '--config', config, '--env', environment ?? '', '--dry-run', '--outdir', bundle], { cwd: project, env: { WRANGLER_SEND_METRICS: 'false' } });
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config, environment);
  const modules = globSync('*.{js,wasm,txt}', { cwd: bundle }).map((file) => ({ type: MODULES[extname(file)], path: join(bundle, file) }));
  modules.sort((a, b) => Number(b.type === 'ESModule') - Number(a.type === 'ESModule')); // the entry comes first
  return { ...workerOptions, rootPath: bundle, modulesRoot: bundle, modules };
}

/** @param {Options} [options] @returns {Promise<RunningWorker>} */
export async function startWorker({ project = PROJECT, ...options } = {}) {
  const port = options.port || (await freePort());
  const inspector = await freePort();
  const url = `http://localhost:${port}`;
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-deputy-'));
  const persistTo = options.persistTo ?? join(scratch, 'state');
  const bundle = await bundleOf(project, options.environment, scratch);

  let log = '';
  let pid = 0;
  const find = () => {
    taken.delete(pid);
    pid = childrenOf(process.pid).find((id) => !taken.has(id)) ?? 0;
    taken.add(pid);
  };
  /** How often it has begun, and how often it must have for `back`. */
  let lives = 0;
  let awaited = 0;
  let { vars } = options;
  const settings = () => convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.NONE),
    inspectorPort: inspector,
    resourcePersistencePath: join(persistTo, 'v3'),
    handleStructuredLogs: (/** @type {{ message: string }} */ { message }) => {
      log = `${log}${message}\n`.slice(-MOST_LOG);
    },
    unsafeHandleRuntimeRestart: () => {
      find();
      lives += 1;
    },
    workers: [{
      ...bundle,
      name: NAME,
      bindings: { ...bundle.bindings, ...variablesFor(url, options.workos, { CALLS_PER_MINUTE: '0', ...vars }) },
      unsafeDirectSockets: [{ host: '127.0.0.1', port }],
    }],
  });
  const begin = async () => {
    const begun = new Miniflare(settings());
    await begun.ready;
    find();
    return begun;
  };
  const started = lastStart.then(begin);
  lastStart = started.catch(() => {});
  const miniflare = await started;
  options.workos?.tell(`${url}/webhooks/workos`);

  /** @type {RunningWorker['back']} */
  const back = async (others) => {
    while (lives < awaited) await sleep(5);
    if (!others) return;
    vars = { ...vars, ...others };
    await miniflare.setOptions(settings());
    find();
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
    async kill() {
      awaited = lives + 1;
      process.kill(pid, 'SIGKILL');
    },
    async stop() {
      await back();
      await miniflare.dispose();
      taken.delete(pid);
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
