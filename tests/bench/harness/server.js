/** A peer in a workerd of its own, with a direct socket to the Worker: the proxy of `wrangler dev` costs ten times a request. */
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Log, LogLevel, Miniflare, convertV4MiniflareOptions } from 'miniflare';
import { sizeOf } from '../../../scripts/build.js';
import { PROJECT, local, run } from '../../../scripts/run.js';
import { childrenOf, exactProcessorTimeOf, usageOf } from '../../support/workerd.js';
import { PEERS } from './peers.js';

/** @typedef {import('./peers.js').Peer} Peer */
/** @typedef {{ path: string, type: 'ESModule' | 'CompiledWasm' | 'Text' }} Module */
/** @typedef {{ modules: Module[], root: string, raw: number, gzipped: number }} Bundle */

/**
 * Every peer has as many namespaces of KV as the one that has most, so that nobody is measured by them: in workerd each is
 * simulated by a Worker of its own, which costs a process some milliseconds to start; on Cloudflare it costs nothing.
 */
const NAMESPACES = Math.max(...PEERS.map(({ namespaces }) => namespaces.length));
/** @param {string[]} namespaces */
const withSpares = (namespaces) => Array.from({ length: NAMESPACES }, (_, at) => namespaces[at] ?? `SPARE_${at}`);

const KINDS = /** @type {const} */ ({ js: 'ESModule', wasm: 'CompiledWasm', txt: 'Text' });

/** Bundles a peer as a deployment would, not minified. @param {Peer} peer @returns {Promise<Bundle>} */
export async function bundle({ name, entry, config }) {
  const root = join(PROJECT, 'build/bench', name);
  rmSync(root, { recursive: true, force: true }); // a module of before would be counted too
  await run(local('wrangler'), ['deploy', entry, '--config', config, '--dry-run', '--outdir', root], { env: { WRANGLER_SEND_METRICS: 'false' } });
  const entryModule = join(root, entry.replace(/^.*\//, ''));
  const others = globSync(join(root, '*.{wasm,txt}'));
  const paths = [entryModule, ...others];
  const modules = paths.map((path) => ({ path, type: KINDS[/** @type {keyof typeof KINDS} */ (path.replace(/^.*\./, ''))] }));
  return { modules, root, ...sizeOf(paths) };
}

/**
 * The variables of our Worker. Without WORKOS_ORGANIZATION_ID nothing goes to WorkOS's audit logs, and without the binding
 * REGISTRATIONS nobody counts registrations.
 * @param {import('../../../dev/workos.js').WorkOS} workos
 */
const varsFor = ({ clientId, apiKey, url, issuer }) => ({
  // Nobody else writes a log either.
  LOG_REQUESTS: 'off',
  // Calls are counted, and nobody is told to wait.
  CALLS_PER_MINUTE: '999999999',
  AUTHORITY_SECRET: 'a-secret-of-the-benchmark-and-of-nothing-else',
  WORKOS_CLIENT_ID: clientId,
  WORKOS_API_KEY: apiKey,
  WORKOS_API_URL: url,
  WORKOS_ISSUER: issuer,
});

export class Server {
  #miniflare;

  /** @param {Peer} peer @param {string} url @param {Miniflare} miniflare @param {number} pid */
  constructor(peer, url, miniflare, pid) {
    this.peer = peer;
    this.url = url;
    this.#miniflare = miniflare;
    this.pid = pid;
  }

  /**
   * @param {Peer} peer @param {Bundle} bundle
   * @param {{ port: number, storage: string, workos: import('../../../dev/workos.js').WorkOS }} place
   */
  static async start(peer, { modules, root }, { port, storage, workos }) {
    const url = `http://127.0.0.1:${port}`;
    const before = new Set(childrenOf(process.pid));
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        name: 'peer', // part of where objects are stored: what one Worker has written another can read
        modules: modules.map(({ path, type }) => ({ type, path })),
        modulesRoot: root,
        compatibilityDate: '2026-11-01',
        compatibilityFlags: ['nodejs_compat', 'global_fetch_strictly_public'],
        durableObjects: Object.fromEntries(Object.entries(peer.objects).map(([binding, className]) => [binding, { className, useSQLite: true }])),
        kvNamespaces: withSpares(peer.namespaces),
        bindings: { PUBLIC_URL: url, ...(peer.signIn === 'workos' && varsFor(workos)) },
        unsafeDirectSockets: [{ host: '127.0.0.1', port }],
        resourcePersistencePath: storage,
        cf: false,
        log: new Log(LogLevel.ERROR),
        logRequests: false,
      }),
    );
    await miniflare.ready;
    const own = childrenOf(process.pid).filter((pid) => !before.has(pid));
    if (own.length !== 1) throw new Error(`${own.length} new processes named workerd`);
    return new Server(peer, url, miniflare, own[0]);
  }

  /** CPU seconds and memory of its workerd until now. */
  get usage() {
    return usageOf(this.pid);
  }

  /** CPU seconds, for what takes few of them. */
  get exactCpu() {
    return exactProcessorTimeOf(this.pid);
  }

  /** @param {string} name of a KV namespace */
  namespace(name) {
    return this.#miniflare.getKVNamespace(name);
  }

  async stop() {
    await this.#miniflare.dispose();
  }
}
