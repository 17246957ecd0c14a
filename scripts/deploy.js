/**
 * `pnpm deploy`: from an empty Cloudflare account to a running server, step by step. Each step first looks at what is
 * there, so that a second run only uploads the code anew and changes nothing that stands.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ask } from './ask.js';
import { buildWasm } from './build.js';
import { clientLines } from './client-lines.js';
import { newSecret } from './dev-vars.js';
import { Failure, PROJECT, local, program, run } from './run.js';
import { setup } from './setup.js';
import { missingNamespaces, publicUrl, withNamespace, withPublicUrl, workerName } from './wrangler-config.js';

const HELP = `pnpm deploy, or with options: pnpm run deploy [options] (plain "pnpm deploy" keeps them to itself)

Builds the server and deploys it to Cloudflare Workers. Asks for what it needs the first time:
  WORKOS_CLIENT_ID, WORKOS_API_KEY   from the WorkOS dashboard, API Keys (or from the environment, by these names)

  --dry-run   build, and only show what would be done
  --yes       do not ask whether to go on
  --help      this text`;

const CONFIG = join(PROJECT, 'wrangler.toml');
const readConfig = () => readFileSync(CONFIG, 'utf8');

/**
 * Every secret the Worker needs, and how to come by it.
 * @type {Record<string, () => Promise<string>>}
 */
const SECRETS = {
  AUTHORITY_SECRET: async () => newSecret(),
  WORKOS_CLIENT_ID: () => fromEnvironmentOrPerson('WORKOS_CLIENT_ID', 'WorkOS client id (client_…):', false),
  WORKOS_API_KEY: () => fromEnvironmentOrPerson('WORKOS_API_KEY', 'WorkOS API key (sk_…; not shown):', true),
};

/** What one run finds out on its way. @typedef {{ secrets: Record<string, string>, url?: string }} Findings */

/** @typedef {{ about: string, commands: string[], run: (findings: Findings) => Promise<unknown> }} Step */

/** @returns {Step[]} */
function steps() {
  const config = readConfig();
  return [
    {
      about: 'Log in to Cloudflare, unless somebody is logged in',
      commands: ['wrangler whoami', 'wrangler login'],
      run: logIn,
    },
    {
      about: 'Create the KV namespaces that are still missing and write their ids to wrangler.toml',
      commands: missingNamespaces(config).map(({ binding }) => `wrangler kv namespace create ${namespaceTitle(binding)}`),
      run: createNamespaces,
    },
    {
      about: `Generate or ask for the secrets that are not set yet (${Object.keys(SECRETS).join(', ')})`,
      commands: ['wrangler secret list'],
      run: collectSecrets,
    },
    {
      about: 'Upload the Worker together with these secrets',
      commands: ['wrangler deploy --secrets-file …'],
      run: upload,
    },
    {
      about: 'Write its address to wrangler.toml as PUBLIC_URL and upload once more, unless PUBLIC_URL is there',
      commands: publicUrl(config) ? [] : ['wrangler deploy'],
      run: publish,
    },
  ];
}

async function logIn() {
  const { status, stdout } = await wrangler(['whoami', '--json'], { tolerant: true });
  if (status !== 0) {
    if (!process.stdin.isTTY) {
      throw new Failure('Nobody is logged in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.');
    }
    await wrangler(['login'], { title: 'Logging in: go on in the browser' });
    return logIn();
  }
  const { accounts = [] } = JSON.parse(stdout);
  if (accounts.length < 2 || process.env.CLOUDFLARE_ACCOUNT_ID || /^account_id/m.test(readConfig())) return;
  const list = accounts.map((/** @type {{ name: string }} */ { name }, /** @type {number} */ i) => `  ${i + 1}  ${name}`);
  const chosen = accounts[Number(await ask(`Which account?\n${list.join('\n')}\nNumber:`)) - 1];
  if (!chosen) throw new Failure('There is no such account.');
  process.env.CLOUDFLARE_ACCOUNT_ID = chosen.id;
  console.log(`To be asked no more, write this above [vars] in wrangler.toml: account_id = "${chosen.id}"`);
}

async function createNamespaces() {
  const missing = missingNamespaces(readConfig());
  if (missing.length === 0) return;
  for (const { binding, placeholder } of missing) {
    const title = namespaceTitle(binding);
    let id = await findNamespace(title); // there is one if an earlier run stopped halfway
    if (!id) {
      await wrangler(['kv', 'namespace', 'create', title], { title: `Creating the KV namespace ${title}` });
      id = await findNamespace(title);
    }
    if (!id) throw new Failure(`The KV namespace ${title} was created but is not listed. Run this again in a minute.`);
    writeFileSync(CONFIG, withNamespace(readConfig(), placeholder, id));
  }
}

/** @param {string} title @returns {Promise<string | undefined>} */
async function findNamespace(title) {
  const { stdout } = await wrangler(['kv', 'namespace', 'list'], {});
  return JSON.parse(stdout).find((/** @type {{ title: string }} */ namespace) => namespace.title === title)?.id;
}

/** @param {string} binding */
function namespaceTitle(binding) {
  return `${workerName(readConfig())}-${binding}`;
}

/** @param {Findings} findings */
async function collectSecrets(findings) {
  const { status, stdout, output } = await wrangler(['secret', 'list', '--format', 'json'], { tolerant: true });
  const isFirstDeployment = status !== 0 && /Worker .* not found|10007/.test(output);
  if (status !== 0 && !isFirstDeployment) throw new Failure(output);
  const existing = status === 0 ? JSON.parse(stdout) : [];
  for (const [name, obtain] of Object.entries(SECRETS)) {
    if (existing.some((/** @type {{ name: string }} */ secret) => secret.name === name)) continue;
    findings.secrets[name] = await obtain();
  }
}

/** @param {string} name @param {string} question @param {boolean} hidden */
async function fromEnvironmentOrPerson(name, question, hidden) {
  const value = process.env[name] || (await ask(question, { hidden }));
  if (!value) throw new Failure(`${name} is needed. It is in the WorkOS dashboard, under API Keys.`);
  return value;
}

/** @param {Findings} findings */
async function upload(findings) {
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-deputy-'));
  try {
    const parameters = ['deploy'];
    if (Object.keys(findings.secrets).length > 0) {
      const file = join(scratch, 'secrets.json');
      writeFileSync(file, JSON.stringify(findings.secrets), { mode: 0o600 });
      parameters.push('--secrets-file', file);
    }
    const report = join(scratch, 'report');
    await wrangler(parameters, { title: 'Uploading the Worker', env: { WRANGLER_OUTPUT_FILE_PATH: report } });
    findings.secrets = {};
    findings.url = deployedUrl(readFileSync(report, 'utf8')) ?? findings.url;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {string} report what wrangler writes about itself, one JSON object a line @returns {string | undefined} */
function deployedUrl(report) {
  const entries = report.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const [target] = entries.find(({ type }) => type === 'deploy')?.targets ?? [];
  const host = target?.replace(/^https:\/\//, '').replace(/ .*$/, ''); // "shop.example.com (custom domain)"
  return host && `https://${host}`;
}

/** @param {Findings} findings */
async function publish(findings) {
  const configured = publicUrl(readConfig());
  if (configured) {
    findings.url = configured;
    return;
  }
  if (!findings.url) throw new Failure('wrangler did not say where the Worker is. Set PUBLIC_URL in wrangler.toml.');
  writeFileSync(CONFIG, withPublicUrl(readConfig(), findings.url));
  await upload(findings);
}

/** @param {string[]} parameters @param {import('./run.js').RunOptions} options */
function wrangler(parameters, options) {
  const quiet = { WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', NO_COLOR: '1' };
  return run(local('wrangler'), parameters, { ...options, env: { ...quiet, ...options.env } });
}

/** @param {string} url */
function whatIsLeft(url) {
  return `
The server is at ${url}

In the WorkOS dashboard, under Redirects, enter this redirect URI once (nobody can sign in before):
  ${url}/callback

${clientLines(url)}
`;
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      'dry-run': { type: 'boolean' },
      yes: { type: 'boolean', short: 'y' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(HELP);
  await setup({ for: 'build' });
  await buildWasm();

  const plan = steps();
  console.log(`\nTo deploy ${workerName(readConfig())}:`);
  for (const [index, { about, commands }] of plan.entries()) {
    console.log(`  ${index + 1}. ${about}`);
    for (const command of commands) console.log(`       ${command}`);
  }
  console.log();
  if (values['dry-run']) {
    await wrangler(['deploy', '--dry-run'], { title: 'Bundling the Worker, without uploading it' });
    console.log(whatIsLeft(publicUrl(readConfig()) ?? `https://${workerName(readConfig())}.YOUR-SUBDOMAIN.workers.dev`));
    return console.log('This was a dry run: nothing was changed.');
  }
  if (!values.yes && !/^(y(es)?)?$/i.test(await ask('Go on? [Y/n]'))) throw new Failure('Nothing was done.');

  /** @type {Findings} */
  const findings = { secrets: {} };
  for (const step of plan) await step.run(findings);
  console.log(whatIsLeft(/** @type {string} */ (findings.url)));
});
