/** `pnpm test`: every test there is, suite by suite, and one line at the end that says how it went. */
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildWasm, cmake, measureSizes, sizeTable } from './build.js';
import { conformance } from './conformance.js';
import { TARGETS, buildFuzzers, findOf, fuzz, recordCorpus } from './fuzz.js';
import { CommandFailed, Failure, PROJECT, duration, local, program, run, sideBySide } from './run.js';
import { setup } from './setup.js';

/**
 * @typedef {{ passed: number, failed: number, report?: string }} Outcome `report` is what to show of a failure
 * @typedef {{ name: string, about: string, run: () => Promise<Outcome>, waits?: boolean }} Suite
 *   `waits`: more for others than it works, so that these run side by side, after the rest
 */

/** From quick to slow, and the parts before the whole. @type {Suite[]} */
const SUITES = [
  { name: 'format', about: 'the formatting of the C++', run: format },
  { name: 'types', about: 'the types of the JavaScript', run: types },
  { name: 'docs', about: 'what the documents say is there', run: () => nodeTests('docs') },
  { name: 'native', about: 'the core, natively under sanitizers', run: native },
  { name: 'model', about: 'the authority against models of it: a million random steps, and every interleaving', run: model },
  { name: 'schema', about: 'the JSON Schema validator beside another one', run: schema },
  { name: 'fuzz', about: 'hostile input, for ten seconds of each kind', run: fuzzing },
  { name: 'wasm', about: 'the build that ships, its size, and what it is made of', run: wasm },
  { name: 'transcripts', about: 'native equals wasm: the same steps and tests, byte for byte', run: transcripts },
  { name: 'worker', about: 'the Worker in workerd, through HTTP', run: worker },
  { name: 'bench', about: 'the measurements: that they run, and that no answer is an error', run: bench },
  { name: 'browser', about: 'the pages in a real browser', run: () => workerTests('browser'), waits: true },
  { name: 'conformance', about: 'the official conformance suite', run: conformanceSuite, waits: true },
  { name: 'clients', about: 'real MCP clients against the Worker', run: () => workerTests('clients'), waits: true },
  { name: 'issuer', about: 'the stand-in for PingFederate, and what deploys', run: () => nodeTests('dev'), waits: true },
];

const HELP = `pnpm test [options]

Runs every suite, or those that are named:
${SUITES.map(({ name, about }) => `  ${name.padEnd(11)} ${about}`).join('\n')}

  --only NAME   this suite; can be given more than once
  --help        this text`;

const TRANSCRIPTS = join(PROJECT, 'build/transcripts');
/** The steps of the native tests, and the tests of the protocol, recorded. */
const NATIVE_TRANSCRIPTS = join(TRANSCRIPTS, '{native,tests}-*.bin');

async function format() {
  const sources = ['wasm', 'docs', 'tests/cpp', 'tests/model', 'tests/fuzz', 'tests/transcripts', 'tests/bench', 'tests/conformance'].flatMap((directory) => globSync(`${directory}/**/*.{cpp,h}`, { cwd: PROJECT }));
  return oneTest('Checking the formatting', 'clang-format', ['--dry-run', '-Werror', ...sources]);
}

async function types() {
  return oneTest('Checking the types', local('tsc'), ['--build']);
}

/** A program that succeeds or fails as a whole. @param {string} title @param {string} command @param {string[]} parameters */
async function oneTest(title, command, parameters) {
  const { status, output } = await run(command, parameters, { title, tolerant: true });
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, report: output };
}

async function native() {
  await cmake('native', 'Building the native tests');
  mkdirSync(TRANSCRIPTS, { recursive: true });
  for (const recorded of globSync(NATIVE_TRANSCRIPTS)) rmSync(recorded);
  const program = join(PROJECT, 'build/native/deputy_tests');
  // The first is how Catch2 2 is asked, the second how 3 is.
  const { stdout } = await run(program, ['--list-test-names-only'], { tolerant: true });
  const listed = stdout || (await run(program, ['--list-tests', '--verbosity', 'quiet'], { tolerant: true })).stdout;
  // Each test runs on one core alone: every second one goes to the other core.
  const names = listed.trim().split('\n').map((name) => name.replace(/[\\,[]/g, '\\$&'));
  const halves = await Promise.all([0, 1].map((half) => nativeHalf(program, half, names.filter((_, index) => index % 2 === half))));
  return added(halves);
}

/** @param {string} program @param {number} half @param {string[]} names @returns {Promise<Outcome>} */
async function nativeHalf(program, half, names) {
  const list = join(PROJECT, `build/native/half-${half}.txt`);
  writeFileSync(list, `${names.join('\n')}\n`);
  const options = { title: `Running the native tests (${half + 1} of 2)`, tolerant: true, env: { TRANSCRIPTS: join(TRANSCRIPTS, `native-${half}.bin`), TEST_TAPES: join(TRANSCRIPTS, `tests-${half}.bin`) } };
  const { output } = await run(program, ['--input-file', list], options);
  // Catch2 2 and 3 both end with one of these lines; a crash ends with neither.
  const all = output.match(/^All tests passed \(.* in (\d+) test cases?\)/m);
  const some = output.match(/^test cases:.*$/m)?.[0];
  const passed = Number(all?.[1] ?? some?.match(/(\d+) passed/)?.[1] ?? 0);
  const failed = all ? 0 : Number(some?.match(/(\d+) failed(?! as)/)?.[1] ?? 1);
  if (failed === 0 && passed !== names.length) return { passed, failed: 1, report: `${names.length} native tests were to run, and ${passed} did.` };
  return { passed, failed, report: failed > 0 ? lastLines(output) : '' };
}

/** @param {Outcome[]} outcomes @returns {Outcome} */
function added(outcomes) {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
    report: outcomes.map(({ failed, report }) => (failed > 0 ? report : '')).join('\n'),
  };
}

async function model() {
  await cmake('native', 'Building the model of the authority', 'authority_model');
  await cmake('native', 'Building it under sanitizers', 'authority_model_sanitized');
  return added(await Promise.all([
    claims('Running a million steps', 'tests/model/authority_model', []),
    claims('Running some under sanitizers', 'authority_model_sanitized', ['--steps', '20000']).then(async (checked) => added([checked, await nodeTests('model')])),
  ]));
}

/** A program that says of each of its claims whether it holds. @param {string} title @param {string} path below build/native @param {string[]} parameters */
async function claims(title, path, parameters) {
  const { status, output } = await run(join(PROJECT, 'build/native', path), parameters, { title, tolerant: true });
  const count = (/** @type {RegExp} */ line) => output.match(line)?.length ?? 0;
  const failed = count(/^FAILED /gm);
  console.log(`  ${output.match(/^seed \d+$/m)?.[0]}`);
  return { passed: count(/^ok /gm), failed: status !== 0 && failed === 0 ? 1 : failed, report: lastLines(output) };
}

async function schema() {
  await cmake('native', 'Building the validator');
  return nodeTests('schema');
}

/** Each target is a test: it has looked at its whole corpus, and found nothing. */
async function fuzzing() {
  await buildFuzzers('native');
  const results = await sideBySide(Object.keys(TARGETS), (target) => {
    const grown = `build/fuzz/test/${target}`;
    rmSync(join(PROJECT, grown), { recursive: true, force: true });
    return fuzz(target, { build: 'native', seconds: 10, grown });
  });
  const bad = results.filter(({ good, inputs, executions }) => !good || inputs === 0 || executions < inputs);
  return { passed: results.length - bad.length, failed: bad.length, report: bad.map(findOf).join('\n\n') };
}

async function transcripts() {
  await buildWasm();
  await cmake('wasm', 'Building the tests of the protocol for wasm', 'protocol_tests');
  if (globSync(join(TRANSCRIPTS, 'tests-*.bin')).length === 0) await native();
  await buildFuzzers('native');
  await recordCorpus();
  return nodeTests('transcripts');
}

async function wasm() {
  await buildWasm();
  const rows = await measureSizes();
  const holds = rows.every((row) => row.holds);
  console.log(sizeTable(rows));
  const { passed, failed, report } = await nodeTests('build');
  return { passed: passed + Number(holds), failed: failed + Number(!holds), report: holds ? report : `Over budget.\n${report}` };
}

async function conformanceSuite() {
  const { table, ...outcome } = await conformance();
  console.log(table);
  return outcome;
}

async function worker() {
  // Some need tools that no shop has: the fixtures of the conformance suite.
  await cmake('wasm', 'Building the conformance fixtures', 'conformance');
  return workerTests('worker');
}

async function bench() {
  await buildWasm();
  return added([
    await oneTest('Measuring a little of everything', process.execPath, ['scripts/bench.js', '--smoke']),
    await oneTest('Measuring a little of the core alone', process.execPath, ['scripts/bench.js', 'micro', '--smoke']),
  ]);
}

/** Tests that start the Worker. @param {string} directory below tests/ */
async function workerTests(directory) {
  await buildWasm();
  return nodeTests(directory);
}

/** @param {string} directory below tests/ */
async function nodeTests(directory) {
  const files = globSync(`tests/${directory}/*.test.js`, { cwd: PROJECT }).sort();
  if (files.length === 0) return { passed: 0, failed: 0 };
  // Four files at a time: each starts a Worker of its own, and waits for it more than it works.
  const parameters = ['--test', '--test-concurrency=4', '--test-timeout=180000', '--test-reporter=spec', ...files];
  const title = `Running tests/${directory}`;
  const { status, output } = await run(process.execPath, parameters, { title, tolerant: true });
  const count = (/** @type {string} */ what) => Number(output.match(new RegExp(`^ℹ ${what} (\\d+)$`, 'm'))?.[1] ?? 0);
  const failed = count('fail') + count('cancelled');
  return {
    passed: count('pass'),
    failed: status !== 0 && failed === 0 ? 1 : failed,
    report: lastLines(output.replaceAll(/^\s*[✔ℹ].*\n/gm, '')),
  };
}

/** @param {string} output */
function lastLines(output) {
  return output.trimEnd().split('\n').slice(-200).join('\n');
}

/** @param {Suite} suite @returns {Promise<Outcome>} */
async function runSuite(suite) {
  try {
    const outcome = await suite.run();
    if (outcome.passed + outcome.failed > 0) return outcome;
    return { passed: 0, failed: 1, report: 'It ran no test at all.' };
  } catch (error) {
    if (error instanceof CommandFailed) return { passed: 0, failed: 1, report: error.message };
    return { passed: 0, failed: 1, report: /** @type {Error} */ (error).stack };
  }
}

/** Runs it, and shows how it went. @param {Suite} suite */
async function tell(suite) {
  console.log(`\n${suite.name}: ${suite.about}`);
  const outcome = await runSuite(suite);
  if (outcome.failed > 0 && outcome.report) console.log(outcome.report.trimEnd());
  console.log(`  ${suite.name}: ${outcome.passed} passed, ${outcome.failed} failed`);
  return outcome;
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return console.log(HELP);
  const only = values.only ?? SUITES.map(({ name }) => name);
  const unknown = only.find((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown) throw new Failure(`There is no suite named ${unknown}.\n\n${HELP}`);

  const started = performance.now();
  await setup({ for: 'test' });
  const chosen = SUITES.filter(({ name }) => only.includes(name));
  const outcomes = [];
  for (const suite of chosen.filter(({ waits }) => !waits)) outcomes.push(await tell(suite));
  outcomes.push(...(await sideBySide(chosen.filter(({ waits }) => waits), tell)));
  const total = added(outcomes);
  console.log(`\nAll of it took ${duration((performance.now() - started) / 1000)}.`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0) process.exitCode = 1;
});
