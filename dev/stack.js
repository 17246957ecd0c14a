/**
 * The whole system on this machine: the Worker under `wrangler dev`, and a WorkOS stand-in for it to talk to.
 * `pnpm dev` runs this, and the tests of pages and clients do: what they see is what a developer sees.
 *
 * `wrangler` and its workerd run in a process group of their own, which never outlives this process.
 */
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startWorkOS } from './workos.js';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const START_TIMEOUT = 90_000;

/** wrangler keeps to this machine: no metrics, no banner with a look for updates, no question where we are. */
const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  NO_COLOR: '1',
};

/**
 * @typedef {object} StackOptions
 * @property {number} [port] 0 (the default) takes any free port
 * @property {string} [persistTo] where the storage lives; without it, in a directory that ends with the stack
 * @property {Record<string, string>} [vars] variables of the Worker, over those that the stack sets itself
 * @property {import('./workos.js').WorkOS | boolean} [workos] a stand-in that runs already, true (the default) for one
 *   that lives and ends with this stack, or false for none: `vars` then say where WorkOS is
 * @property {(text: string) => void} [onLog] is told what wrangler prints
 * @property {string} [project] the directory with the wrangler.toml
 * @property {string} [environment] of wrangler.toml; the shop if not given
 *
 * @typedef {object} Stack
 * @property {string} url of the Worker
 * @property {number} port
 * @property {number} pid of wrangler; also the id of its process group
 * @property {import('./workos.js').WorkOS | undefined} workos
 * @property {() => string} logs what wrangler has printed so far
 * @property {Promise<unknown>} ended settles when wrangler has ended, for whatever reason
 * @property {() => Promise<void>} stop ends all of it in good order, the stand-in too if it belongs to this stack
 */

/** @param {StackOptions} [options] @returns {Promise<Stack>} */
export async function startStack(options = {}) {
  const port = options.port || (await freePort());
  const url = `http://localhost:${port}`;
  const { workos: wanted = true } = options;
  const ownWorkOS = wanted === true ? await startWorkOS() : undefined;
  const workos = wanted === true ? ownWorkOS : wanted || undefined;

  const scratch = mkdtempSync(join(tmpdir(), 'mcp-deputy-'));
  const removeScratch = atExit(() => rmSync(scratch, { recursive: true, force: true }));
  const environment = join(scratch, 'env');
  writeVars(environment, variablesFor(url, workos, options.vars));

  const project = options.project ?? PROJECT;
  const wrangler = spawnGroup(join(PROJECT, 'node_modules/.bin/wrangler'), [
    ...['dev', '--config', join(project, 'wrangler.toml'), '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'],
    ...['--persist-to', options.persistTo ?? join(scratch, 'state')],
    // In place of .dev.vars and .env, so that nothing of a developer's own leaks into a test; and in a file, because
    // other people on the machine can read a command line.
    ...['--env-file', environment],
    ...(options.environment ? ['--env', options.environment] : []),
    ...['--show-interactive-dev-session=false', '--log-level', 'log'],
  ], project);

  let log = '';
  const collect = (/** @type {Buffer} */ chunk) => {
    const text = chunk.toString();
    log += text;
    options.onLog?.(text);
  };
  wrangler.child.stdout?.on('data', collect);
  wrangler.child.stderr?.on('data', collect);

  const stop = async () => {
    await wrangler.stop();
    await wrangler.kill();
    await untilFree(port);
    removeScratch();
    await ownWorkOS?.close();
  };
  try {
    await untilItAnswers(url, wrangler.exited);
    workos?.tell(`${url}/webhooks/workos`);
  } catch (error) {
    await stop();
    throw new Error(`The Worker did not start: ${/** @type {Error} */ (error).message}\n${log}`);
  }
  return { url, port, pid: wrangler.pid, workos, logs: () => log, ended: wrangler.exited, stop };
}

/**
 * What a Worker on this machine is told.
 * @param {string} url at which it answers @param {import('./workos.js').WorkOS | undefined} workos
 * @param {Record<string, string>} [vars] over those that are set here
 * @returns {Record<string, string>}
 */
export function variablesFor(url, workos, vars) {
  return {
    PUBLIC_URL: url,
    DEMO_MODE: 'true',
    AUTHORITY_SECRET: randomBytes(32).toString('base64url'),
    ...(workos && {
      WORKOS_CLIENT_ID: workos.clientId,
      WORKOS_API_KEY: workos.apiKey,
      WORKOS_API_URL: workos.url,
      WORKOS_ISSUER: workos.issuer,
      WORKOS_WEBHOOK_SECRET: workos.webhookSecret,
      WORKOS_ORGANIZATION_ID: workos.organizationId,
    }),
    ...vars,
  };
}

/** @param {string} url @param {Promise<unknown>} exited */
async function untilItAnswers(url, exited) {
  let over = false;
  exited.then(() => (over = true));
  const deadline = Date.now() + START_TIMEOUT;
  while (!over) {
    const left = deadline - Date.now();
    if (left <= 0) throw new Error(`no answer at ${url} within ${START_TIMEOUT / 1000} seconds`);
    try {
      const reply = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(Math.min(left, 10_000)) });
      await reply.body?.cancel();
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error(`wrangler ended (${await exited})`);
}

/** Below those that a system gives to whoever connects, or listens anywhere: until wrangler listens, nobody else gets it. */
const [FIRST_PORT, LAST_PORT] = [20_000, 32_767];

/** @param {number} [wanted] @returns {Promise<number>} a port that nobody listens on; throws if the wanted one is taken */
export async function freePort(wanted = 0) {
  if (wanted) {
    await listenOnce(wanted);
    return wanted;
  }
  for (let tries = 20; tries > 0; tries--) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isFree(port)) return port;
  }
  throw new Error(`nothing seems to be free from ${FIRST_PORT} to ${LAST_PORT}`);
}

/** @param {number} port */
const isFree = (port) => listenOnce(port).then(() => true, () => false);

/** Throws where one cannot. @param {number} port */
async function listenOnce(port) {
  const probe = createServer();
  await new Promise((resolve, reject) => {
    probe.once('error', reject).listen(port, '127.0.0.1', () => resolve(undefined));
  });
  await new Promise((resolve) => probe.close(resolve));
}

/** wrangler may be gone a moment before its workerd, which holds the port. @param {number} port */
async function untilFree(port) {
  for (const deadline = Date.now() + 5000; Date.now() < deadline; await sleep(10)) {
    if (await isFree(port)) return;
  }
  throw new Error(`port ${port} is still taken, though the Worker has ended`);
}

/** @param {string} path @param {Record<string, string>} vars */
function writeVars(path, vars) {
  const lines = Object.entries(vars).map(([name, value]) => {
    const quote = ["'", '`'].find((candidate) => !value.includes(candidate));
    if (!quote) throw new Error(`${name} holds both kinds of quotes: an environment file cannot carry it`);
    return `${name}=${quote}${value.replaceAll('$', '\\$')}${quote}\n`; // a bare $ would name another variable
  });
  writeFileSync(path, lines.join(''), { mode: 0o600 });
}

/** What is still to be done when this process ends, by `process.exit` or by a signal. @type {Set<() => void>} */
const endings = new Set();

/** @param {() => void} ending must not wait for anything @returns {() => void} does it now instead */
function atExit(ending) {
  if (!process.listeners('exit').includes(runEndings)) {
    process.on('exit', runEndings);
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => {
        // A program that listens too has its own way to end, through `exit`.
        if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
      });
    }
  }
  endings.add(ending);
  return () => {
    endings.delete(ending);
    ending();
  };
}

function runEndings() {
  for (const ending of endings) ending();
}

/** @param {string} command @param {string[]} parameters @param {string} cwd */
function spawnGroup(command, parameters, cwd) {
  const child = spawn(command, parameters, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...QUIET },
  });
  // `close` and not `exit`: the program named wrangler only starts another one, which inherits its output.
  /** @type {Promise<unknown>} */
  const exited = new Promise((resolve) => {
    child.once('error', resolve).once('close', (status, signal) => resolve(signal ?? status));
  });
  const pid = child.pid ?? 0; // 0 where it could not be started: `exited` then says why
  const killGroup = atExit(() => signalGroup(pid, 'SIGKILL'));
  return {
    child,
    exited,
    pid,
    async stop() {
      signalGroup(pid, 'SIGTERM');
      await Promise.race([exited, sleep(5000, undefined, { ref: false })]);
    },
    async kill() {
      killGroup();
      await exited;
    },
  };
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function signalGroup(pid, signal) {
  if (!pid) return; // a group of 0 would be our own
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}
