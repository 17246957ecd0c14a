/**
 * Deploys a Worker, step by step, from nothing to a running server. Each step first looks at what is there, so that a second
 * run only uploads the code anew and changes nothing that stands.
 *
 * What it does to the world goes through `World`: wrangler, wrangler.toml, and the person at the terminal.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from './ask.js';
import { Failure, PROJECT, local, run } from './run.js';
import { missingNamespaces, variable, withNamespace, withVariable, workerName } from './wrangler-config.js';

const CONFIG = join(PROJECT, 'wrangler.toml');

/**
 * @typedef {object} World
 * @property {() => string} read wrangler.toml
 * @property {(toml: string) => void} write
 * @property {(parameters: string[], options: import('./run.js').RunOptions) => Promise<import('./run.js').RunResult>} wrangler
 * @property {(question: string, options?: { hidden?: boolean }) => Promise<string>} ask
 * @property {Record<string, string | undefined>} env
 * @property {boolean} interactive whether there is somebody to ask
 *
 * @typedef {(deployment: Deployment) => Promise<string> | string} Source how to come by a value
 *
 * @typedef {object} Settings
 * @property {string} [environment] of wrangler.toml; its top if not given
 * @property {string} what people call it: "Worker"
 * @property {Record<string, Source>} secrets every one that it needs
 * @property {Record<string, Source>} [variables] of wrangler.toml that it needs, and that are known before it is uploaded
 * @property {string[]} addresses variables that hold its own address, which is known once it is uploaded
 *
 * @typedef {{ about: string, commands: string[], run: () => Promise<unknown> }} Step
 */

/** @type {World} */
export const REAL_WORLD = {
  read: () => readFileSync(CONFIG, 'utf8'),
  write: (toml) => writeFileSync(CONFIG, toml),
  wrangler(parameters, options) {
    const quiet = { WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', NO_COLOR: '1' };
    return run(local('wrangler'), parameters, { ...options, env: { ...quiet, ...options.env } });
  },
  ask,
  env: process.env,
  interactive: process.stdin.isTTY,
};

/** The first step of every deployment. @param {World} world @returns {Step} */
export function logIn(world) {
  return { about: 'Log in to Cloudflare, unless somebody is logged in', commands: ['wrangler whoami', 'wrangler login'], run };

  /** @returns {Promise<void>} */
  async function run() {
    const { status, stdout } = await world.wrangler(['whoami', '--json'], { tolerant: true });
    if (status !== 0) {
      if (!world.interactive) {
        throw new Failure('Nobody is logged in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.');
      }
      await world.wrangler(['login'], { title: 'Logging in: go on in the browser' });
      return run();
    }
    const { accounts = [] } = JSON.parse(stdout);
    if (accounts.length < 2 || world.env.CLOUDFLARE_ACCOUNT_ID || /^account_id/m.test(world.read())) return;
    const list = accounts.map((/** @type {{ name: string }} */ { name }, /** @type {number} */ i) => `  ${i + 1}  ${name}`);
    const chosen = accounts[Number(await world.ask(`Which account?\n${list.join('\n')}\nNumber:`)) - 1];
    if (!chosen) throw new Failure('There is no such account.');
    world.env.CLOUDFLARE_ACCOUNT_ID = chosen.id;
    console.log(`To be asked no more, write this above [vars] in wrangler.toml: account_id = "${chosen.id}"`);
  }
}

export class Deployment {
  /** Where it is, as far as this run knows. @type {string | undefined} */
  url;
  /** Secrets that are to be uploaded. @type {Record<string, string>} */
  #secrets = {};

  /** @param {Settings} settings @param {World} [world] */
  constructor(settings, world = REAL_WORLD) {
    this.settings = settings;
    this.world = world;
  }

  get name() {
    return workerName(this.world.read(), this.settings.environment);
  }

  /** @param {string} name @returns {string | undefined} */
  variable(name) {
    return variable(this.world.read(), name, this.settings.environment);
  }

  /** @param {string} name @param {string} value */
  #set(name, value) {
    this.world.write(withVariable(this.world.read(), name, value, this.settings.environment));
  }

  /** What it needs to know: from the environment by this name, or from the person. @param {string} name @param {string} question @param {{ hidden?: boolean, where: string }} options */
  async fromEnvironmentOrPerson(name, question, { hidden = false, where }) {
    const value = this.world.env[name] || (await this.world.ask(question, { hidden }));
    if (!value) throw new Failure(`${name} is needed. It is ${where}.`);
    return value;
  }

  /** @returns {Step[]} */
  get steps() {
    const { what, secrets, variables = {}, addresses } = this.settings;
    const option = this.#option.join(' ');
    const of = option && ` ${option}`;
    const missing = missingNamespaces(this.world.read(), this.settings.environment);
    const unset = Object.keys(variables).filter((name) => !this.variable(name));
    const unknown = addresses.filter((name) => !this.variable(name));
    const all = [
      missing.length > 0 && {
        about: `Create the KV namespaces of the ${what} that are still missing and write their ids to wrangler.toml`,
        commands: missing.map(({ binding }) => `wrangler kv namespace create ${this.#namespaceTitle(binding)}`),
        run: () => this.#createNamespaces(),
      },
      unset.length > 0 && {
        about: `Write to wrangler.toml what the ${what} must know (${unset.join(', ')})`,
        commands: [],
        run: () => this.#setVariables(),
      },
      Object.keys(secrets).length > 0 && {
        about: `Generate or ask for the secrets of the ${what} that are not set yet (${Object.keys(secrets).join(', ')})`,
        commands: [`wrangler secret list${of}`],
        run: () => this.#collectSecrets(),
      },
      {
        about: `Upload the ${what}${Object.keys(secrets).length > 0 ? ' together with these secrets' : ''}`,
        commands: [`wrangler deploy${of}${Object.keys(secrets).length > 0 ? ' --secrets-file …' : ''}`],
        run: () => this.#upload(),
      },
      {
        about: `Write its address to wrangler.toml as ${addresses.join(' and ')} and upload once more, unless that is there`,
        commands: unknown.length > 0 ? [`wrangler deploy${of}`] : [],
        run: () => this.#publish(),
      },
    ];
    return all.filter((step) => step !== false);
  }

  get #option() {
    const { environment } = this.settings;
    return environment ? ['--env', environment] : [];
  }

  /** Only looks whether it could be uploaded. */
  async dryRun() {
    await this.world.wrangler(['deploy', '--dry-run', ...this.#option], { title: `Bundling the ${this.settings.what}, without uploading it` });
  }

  async #createNamespaces() {
    const { world } = this;
    for (const { binding, placeholder } of missingNamespaces(world.read(), this.settings.environment)) {
      const title = this.#namespaceTitle(binding);
      let id = await this.#findNamespace(title); // there is one if an earlier run stopped halfway
      if (!id) {
        await world.wrangler(['kv', 'namespace', 'create', title], { title: `Creating the KV namespace ${title}` });
        id = await this.#findNamespace(title);
      }
      if (!id) throw new Failure(`The KV namespace ${title} was created but is not listed. Run this again in a minute.`);
      world.write(withNamespace(world.read(), placeholder, id));
    }
  }

  /** @param {string} title @returns {Promise<string | undefined>} */
  async #findNamespace(title) {
    const { stdout } = await this.world.wrangler(['kv', 'namespace', 'list'], {});
    return JSON.parse(stdout).find((/** @type {{ title: string }} */ namespace) => namespace.title === title)?.id;
  }

  /** @param {string} binding */
  #namespaceTitle(binding) {
    return `${this.name}-${binding}`;
  }

  async #setVariables() {
    for (const [name, obtain] of Object.entries(this.settings.variables ?? {})) {
      if (!this.variable(name)) this.#set(name, await obtain(this));
    }
  }

  async #collectSecrets() {
    const list = await this.world.wrangler(['secret', 'list', '--format', 'json', ...this.#option], { tolerant: true });
    const isFirstDeployment = list.status !== 0 && /Worker .* not found|10007/.test(list.output);
    if (list.status !== 0 && !isFirstDeployment) throw new Failure(list.output);
    const existing = list.status === 0 ? JSON.parse(list.stdout) : [];
    for (const [name, obtain] of Object.entries(this.settings.secrets)) {
      if (existing.some((/** @type {{ name: string }} */ secret) => secret.name === name)) continue;
      this.#secrets[name] = await obtain(this);
    }
  }

  async #upload() {
    const scratch = mkdtempSync(join(tmpdir(), 'mcp-deputy-'));
    try {
      const parameters = ['deploy', ...this.#option];
      if (Object.keys(this.#secrets).length > 0) {
        const file = join(scratch, 'secrets.json');
        writeFileSync(file, JSON.stringify(this.#secrets), { mode: 0o600 });
        parameters.push('--secrets-file', file);
      }
      const report = join(scratch, 'report');
      await this.world.wrangler(parameters, { title: `Uploading the ${this.settings.what}`, env: { WRANGLER_OUTPUT_FILE_PATH: report } });
      this.#secrets = {};
      this.url = deployedUrl(readFileSync(report, 'utf8')) ?? this.url;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  async #publish() {
    const { addresses, what } = this.settings;
    const unknown = addresses.filter((name) => !this.variable(name));
    const [first] = addresses;
    if (unknown.length > 0) {
      const url = this.variable(first) ?? this.url;
      if (!url) throw new Failure(`wrangler did not say where the ${what} is. Set ${first} in wrangler.toml.`);
      for (const name of unknown) this.#set(name, url);
      await this.#upload();
    }
    this.url = this.variable(first);
  }
}

/** @param {string} report what wrangler writes about itself, one JSON object a line @returns {string | undefined} */
function deployedUrl(report) {
  const entries = report.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const [target] = entries.find(({ type }) => type === 'deploy')?.targets ?? [];
  const host = target?.replace(/^https:\/\//, '').replace(/ .*$/, ''); // "shop.example.com (custom domain)"
  return host && `https://${host}`;
}

/** Where a Worker will be that nobody has deployed yet. @param {Deployment} deployment */
export function likelyUrl(deployment) {
  return deployment.variable(deployment.settings.addresses[0]) ?? `https://${deployment.name}.YOUR-SUBDOMAIN.workers.dev`;
}

/**
 * Shows the plan, and carries it out.
 * @param {Deployment[]} deployments in this order
 * @param {{ dryRun?: boolean, yes?: boolean }} options
 * @param {() => string} whatIsLeft to be done by the person; `likelyUrl` where nothing was deployed
 * @param {World} [world]
 */
export async function deploy(deployments, { dryRun, yes }, whatIsLeft, world = REAL_WORLD) {
  const plan = [logIn(world), ...deployments.flatMap(({ steps }) => steps)];
  console.log(`\nTo deploy ${deployments.map(({ name }) => name).join(' and ')}:`);
  for (const [index, { about, commands }] of plan.entries()) {
    console.log(`  ${index + 1}. ${about}`);
    for (const command of commands) console.log(`       ${command}`);
  }
  console.log();
  if (dryRun) {
    for (const deployment of deployments) await deployment.dryRun();
    console.log(whatIsLeft());
    return console.log('This was a dry run: nothing was changed.');
  }
  if (!yes && !/^(y(es)?)?$/i.test(await world.ask('Go on? [Y/n]'))) throw new Failure('Nothing was done.');
  for (const step of plan) await step.run();
  console.log(whatIsLeft());
}
