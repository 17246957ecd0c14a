/**
 * `pnpm conformance`: the official conformance suite of MCP. Its scenarios for servers run against the fixtures of
 * tests/conformance, which are the library's C++ and the shim that ships, in workerd; its scenarios for authorization
 * servers run against the Worker itself. What counts is what the suite writes to its result files: a warning there is a
 * failure here, and there is no list of failures that are expected.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { freePort, startStack } from '../dev/stack.js';
import { signIn } from '../tests/support/human.js';
import { OAuthClient } from '../tests/support/oauth-client.js';
import { buildWasm, cmake } from './build.js';
import { Failure, PROJECT, local, program, run, step } from './run.js';
import { setup } from './setup.js';

/**
 * @typedef {{ id: string, status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO', description?: string, errorMessage?: string }} Check
 * @typedef {{ name: string, checks: Check[] }} Scenario
 * @typedef {{ name: string, scenarios: Scenario[] }} Row of the table
 *
 * @typedef {object} Options
 * @property {string[]} [only] these sets
 * @property {string} [scenario] this one alone, in each of the sets that has it
 */

/**
 * Two revisions have a set of requirements. Of the earlier ones the suite runs what applies to them and validates by their
 * schemas, but its client still asks for 2025-11-25 in all but a few requests: what is their own is tested elsewhere.
 */
const REVISIONS = [
  { name: '2025-03-26', parameters: ['--suite', 'all', '--spec-version', '2025-03-26'] },
  { name: '2025-06-18', parameters: ['--suite', 'all', '--spec-version', '2025-06-18'] },
  { name: '2025-11-25', parameters: ['--requirements', '2025-11-25'] },
  { name: '2026-07-28', parameters: ['--requirements', '2026-07-28'] },
];
const AUTHORIZATION = 'authorization';
const SETS = [...REVISIONS.map(({ name }) => name), AUTHORIZATION];

const HELP = `pnpm conformance [options]

Runs the official MCP conformance suite and shows one table of what passed. The results are kept in build/conformance.

  --only SET        this set; can be given more than once: ${SETS.join(', ')}
  --scenario NAME   this scenario alone, in each of the sets that has it, with all that the suite says about it
  --help            this text`;

const RESULTS = join(PROJECT, 'build/conformance');

/**
 * Builds what is needed and runs it.
 * @param {Options} [options]
 * @returns {Promise<{ passed: number, failed: number, table: string, report: string }>} `report`: each failure with its reason
 */
export async function conformance({ only = SETS, scenario } = {}) {
  rmSync(RESULTS, { recursive: true, force: true });
  const revisions = await chosen(only, scenario);
  /** @type {Row[]} */
  const rows = [];
  if (revisions.length > 0) rows.push(...(await againstFixtures(revisions)));
  if (only.includes(AUTHORIZATION) && !scenario) rows.push(await againstWorker());

  const failures = rows.flatMap(({ name, scenarios }) => scenarios.flatMap((one) => failuresOf(name, one)));
  const passed = rows.reduce((sum, { scenarios }) => sum + count(scenarios, 'SUCCESS'), 0);
  return { passed, failed: failures.length, table: table(rows), report: failures.join('\n') };
}

/** What to run of each revision. @param {string[]} only @param {string} [scenario] */
async function chosen(only, scenario) {
  const wanted = REVISIONS.filter(({ name }) => only.includes(name));
  if (!scenario) return wanted;
  // As the suite lists it: `  - tools-list [2025-11-25,2026-07-28]`, or `[extension]`, which is for the newest revision.
  const { stdout } = await run(local('conformance'), ['list', '--server']);
  const line = stdout.split('\n').find((text) => text.startsWith(`  - ${scenario} [`));
  if (!line) throw new Failure(`The suite has no scenario named ${scenario}. \`npx conformance list --server\` shows what it has.`);
  const tags = line.slice(line.indexOf('[') + 1, -1).replace('extension', '2026-07-28').split(',');
  const having = wanted.filter(({ name }) => tags.includes(name));
  if (having.length === 0) throw new Failure(`${scenario} is for ${tags.join(', ')}.`);
  return having.map(({ name }) => ({ name, parameters: ['--scenario', scenario, '--spec-version', name, '--force', '--verbose'] }));
}

/** @param {{ name: string, parameters: string[] }[]} revisions @returns {Promise<Row[]>} */
async function againstFixtures(revisions) {
  await cmake('wasm', 'Building the conformance fixtures', 'conformance');
  const stack = await step('Starting the fixtures', () => startStack({ project: join(PROJECT, 'tests/conformance'), workos: false }));
  try {
    /** @type {Row[]} */
    const rows = [];
    for (const { name, parameters } of revisions) {
      const directory = join(RESULTS, name);
      const command = ['server', '--url', `${stack.url}/mcp`, ...parameters, '--output-dir', directory];
      const { status, output } = await run(local('conformance'), command, { title: `Running the suite for ${name}`, tolerant: true });
      if (parameters.includes('--verbose')) console.log(output);
      const scenarios = readResults(directory, status, output);
      rows.push({ name, scenarios: scenarios.filter((one) => !isTasks(one)) });
      rows.push({ name: `${name}, tasks extension`, scenarios: scenarios.filter(isTasks) });
    }
    // A step that traps where no scenario looks: in the background, or after the last answer.
    const errors = stack.logs().split('\n').filter((line) => line.includes('[ERROR]'));
    if (errors.length > 0) {
      const checks = errors.map((line) => failure('logged', line));
      rows.push({ name: 'errors in the log', scenarios: [{ name: 'workerd', checks }] });
    }
    return rows.filter(({ scenarios }) => scenarios.length > 0);
  } finally {
    await stack.stop();
  }
}

/** @param {Scenario} scenario */
const isTasks = ({ name }) => name.startsWith('tasks-');

/** The suite takes an authorization code from the Worker, with a human at its pages. @returns {Promise<Row>} */
async function againstWorker() {
  await buildWasm();
  const stack = await step('Starting the Worker', () => startStack());
  try {
    const directory = join(RESULTS, AUTHORIZATION);
    const { status, output } = await step('Running the suite for authorization servers', () => authorize(stack.url, directory));
    return { name: AUTHORIZATION, scenarios: readResults(directory, status, output) };
  } finally {
    await stack.stop();
  }
}

/** @param {string} issuer @param {string} directory */
async function authorize(issuer, directory) {
  const port = await freePort();
  const client = await OAuthClient.register(issuer, { redirect_uris: [`http://127.0.0.1:${port}/callback`] });
  const parameters = ['--url', issuer, '--client-id', client.clientId, '--resource', `${issuer}/mcp`, '--port', String(port)];
  const suite = spawn(local('conformance'), [AUTHORIZATION, ...parameters, '--output-dir', directory], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => suite.once('close', (status) => resolve(status ?? 1)));
  let output = '';
  try {
    for await (const line of createInterface({ input: suite.stdout })) {
      output += `${line}\n`;
      // What it asks its user to open in a browser.
      if (line.startsWith(`${issuer}/authorize?`)) await consent(line);
    }
  } finally {
    suite.kill(); // where the human got stuck, it would wait for minutes
  }
  return { status: await ended, output };
}

/** @param {string} url of an authorization request */
async function consent(url) {
  const { redirect, page } = await signIn(url);
  if (!redirect) throw new Failure(`The sign-in ended on a page: ${page.status} ${page.text}`);
  await fetch(redirect);
}

/**
 * The suite leaves a directory for each scenario, named by it and by the time.
 * @param {string} directory
 * @param {number} status that it ended with
 * @param {string} output
 * @returns {Scenario[]}
 */
function readResults(directory, status, output) {
  const scenarios = (existsSync(directory) ? readdirSync(directory) : [])
    .map((entry) => ({ entry, parts: /^(?:authorization-)?server-(.+)-(\d{4}-\d{2}-\d{2}T[\d-]+Z)$/.exec(entry) }))
    .filter(({ parts }) => parts !== null)
    .sort((a, b) => /** @type {string} */ (a.parts?.[2]).localeCompare(/** @type {string} */ (b.parts?.[2])))
    .map(({ entry, parts }) => ({ name: /** @type {string} */ (parts?.[1]), checks: readChecks(join(directory, entry, 'checks.json')) }));
  const broken = scenarios.length === 0 || (status !== 0 && scenarios.every((scenario) => failuresOf('', scenario).length === 0));
  if (broken) scenarios.push({ name: 'the suite itself', checks: [failure(`ended with status ${status}`, output.slice(-2000))] });
  return scenarios;
}

/** @param {string} path @returns {Check[]} */
function readChecks(path) {
  const checks = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
  return checks.length > 0 ? checks : [failure('no-result', 'The scenario did not come to its end.')];
}

/** @param {string} id @param {string} errorMessage @returns {Check} */
const failure = (id, errorMessage) => ({ id, status: 'FAILURE', errorMessage });

/** @param {Scenario[]} scenarios @param {...Check['status']} statuses */
function count(scenarios, ...statuses) {
  return scenarios.flatMap(({ checks }) => checks).filter(({ status }) => statuses.includes(status)).length;
}

/** @param {string} row @param {Scenario} scenario */
function failuresOf(row, { name, checks }) {
  return checks
    .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    .map(({ id, description, errorMessage }) => {
      const lines = [`${row} ${name}: ${id}`, errorMessage, description].filter(Boolean).join('\n');
      return lines.replaceAll('\n', '\n    ');
    });
}

/** @param {Row[]} rows */
function table(rows) {
  const lines = rows.map(({ name, scenarios }) => [
    name,
    ...[scenarios.length, count(scenarios, 'SUCCESS'), count(scenarios, 'FAILURE', 'WARNING'), count(scenarios, 'SKIPPED')].map(String),
  ]);
  return [['revision', 'scenarios', 'passed', 'failed', 'skipped'], ...lines]
    .map(([name, ...numbers]) => `  ${name.padEnd(28)}${numbers.map((number) => number.padStart(11)).join('')}`)
    .join('\n');
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      scenario: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(HELP);
  const unknown = values.only?.find((name) => !SETS.includes(name));
  if (unknown) throw new Failure(`There is no set named ${unknown}.\n\n${HELP}`);

  await setup({ for: 'build' });
  const { failed, table: shown, report } = await conformance(values);
  console.log(`\n${shown}`);
  if (failed === 0) return;
  throw new Failure(`${report}\n\n${failed} failed. One alone: pnpm conformance --scenario NAME`);
});
