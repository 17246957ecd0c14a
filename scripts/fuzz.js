/** `pnpm fuzz`: hostile input of all kinds against the core, under sanitizers (tests/fuzz). What is found is kept, and said. */
import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AS_STEPS } from '../tests/fuzz/as-steps.js';
import { cmake } from './build.js';
import { Failure, PROJECT, duration, program, run, sideBySide } from './run.js';
import { setup } from './setup.js';

/** What goes in. @type {Record<string, string>} */
export const TARGETS = {
  step: 'requests to the Worker and to a person’s object, several in a row',
  resume: 'forged continuations, results of effects, states and cookies',
  authority: 'sequences of events, against the model of the authority',
  schema: 'JSON Schemas with values; patterns with texts',
  text: 'addresses, headers, cookies, forms, tokens, encodings, numbers',
  json: 'the JSON gate and canonical JSON',
};

const FUZZ = 'build/fuzz';
/** What one input may take: seconds, and MiB of all. */
const LONGEST = 10;
const MOST_MEMORY = 2048;
/** Of the corpus in the tree, for each target. */
const MOST_FILES = 200;
const MOST_BYTES = 300 * 1000;
const SIGN_OF_LIFE = 30_000;

const HELP = `pnpm fuzz [options]

Runs the fuzzers of tests/fuzz, as many at a time as there are processors:
${Object.entries(TARGETS).map(([name, about]) => `  ${name.padEnd(11)} ${about}`).join('\n')}

Inputs that reach something new are kept in ${FUZZ}/corpus, and what breaks something in ${FUZZ}/finds.

  --minutes N    for each of them; a minute if not given
  --target NAME  this one; can be given more than once
  --merge        does not fuzz: tests/fuzz/corpus becomes the smallest set of inputs, of its own and of
                 ${FUZZ}/corpus, that still reaches everything. Where that is more than ${MOST_FILES} files or
                 ${MOST_BYTES / 1000} KB for a target, what is there stays, and the smallest of the others come with it
  --help         this text`;

/**
 * @typedef {object} Result
 * @property {string} target
 * @property {number} inputs that it began with
 * @property {number} executions
 * @property {number} edges
 * @property {number} features
 * @property {number} fresh inputs that reached something new
 * @property {string[]} finds files
 * @property {string} output
 * @property {boolean} good
 * @property {Build} build
 */

/**
 * With the core of the tests, which is there anyway, or optimised, which takes some minutes to build and is several times as fast.
 * @typedef {'native' | 'fuzzers'} Build
 * @param {Build} build
 */
export async function buildFuzzers(build) {
  await cmake(build, 'Building the fuzzers', 'fuzzers');
}

/** Where the program of a target is. @param {string} target @param {Build} build */
const binary = (target, build) => `build/${build}/tests/fuzz/fuzz_${target}`;
/** @param {string} target */
const corpusOf = (target) => `tests/fuzz/corpus/${target}`;
/** @param {string} directory */
const filesIn = (directory) => readdirSync(join(PROJECT, directory)).filter((name) => !name.startsWith('.'));

/**
 * One target, for so many seconds after its corpus.
 * @param {string} target
 * @param {{ build: Build, seconds: number, grown: string }} options `grown`: where inputs go that reach something new
 * @returns {Promise<Result>}
 */
export async function fuzz(target, { build, seconds, grown }) {
  const finds = `${FUZZ}/finds/${target}`;
  const logs = `${FUZZ}/log`;
  for (const directory of [grown, finds, logs, corpusOf(target)]) mkdirSync(join(PROJECT, directory), { recursive: true });
  const before = new Set(filesIn(finds));
  const had = filesIn(grown).length;
  const corpus = [grown, corpusOf(target)];
  const inputs = corpus.reduce((sum, directory) => sum + filesIn(directory).length, 0);
  const log = join(PROJECT, logs, `${target}.log`);
  const file = openSync(log, 'w');
  const parameters = [
    `-max_total_time=${Math.ceil(seconds)}`,
    `-timeout=${LONGEST}`,
    `-rss_limit_mb=${MOST_MEMORY}`,
    `-dict=tests/fuzz/${target}.dict`,
    `-artifact_prefix=${finds}/`,
    // What it does for rare features costs half of the time where an input takes ten thousand of them.
    '-entropic=0',
    // A cache that has grown looks like a leak to it: more than half of the time went there. Leaks are looked for at the end.
    '-detect_leaks=0',
    '-print_final_stats=1',
    ...corpus,
  ];
  const child = spawn(binary(target, build), parameters, { cwd: PROJECT, stdio: ['ignore', file, file] });
  const alive = setInterval(() => {
    const line = readFileSync(log, 'latin1').match(/^#\d+.*$/gm)?.at(-1);
    console.log(`  … ${target}: ${line ?? 'reading its corpus'}`);
  }, SIGN_OF_LIFE);
  const status = await new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
  clearInterval(alive);
  closeSync(file);
  const output = readFileSync(log, 'latin1');
  const figure = (/** @type {RegExp} */ pattern) => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);
  const executions = figure(/^stat::number_of_executed_units:\s*(\d+)/gm) || figure(/^#(\d+)/gm);
  console.log(`${status === 0 ? '✓' : '✗'} ${target}: ${executions} executions`);
  return {
    target,
    inputs,
    executions,
    edges: figure(/ cov: (\d+)/g),
    features: figure(/ ft: (\d+)/g),
    fresh: filesIn(grown).length - had,
    finds: filesIn(finds).filter((name) => !before.has(name)).map((name) => `${finds}/${name}`),
    output,
    good: status === 0,
    build,
  };
}

/** Runs each input of the corpus once and records its steps (tests/transcripts/tape.h); of some targets as the module can be asked. */
export async function recordCorpus() {
  const recorded = join(PROJECT, 'build/transcripts');
  const requests = join(recorded, 'requests');
  rmSync(requests, { recursive: true, force: true });
  mkdirSync(requests, { recursive: true });
  for (const [target, asSteps] of Object.entries(AS_STEPS)) {
    for (const name of filesIn(corpusOf(target))) {
      const lines = asSteps(readFileSync(join(PROJECT, corpusOf(target), name)));
      writeFileSync(join(requests, `${target}-${name}`), lines.join('\n'), 'latin1');
    }
  }
  const record = async (/** @type {string} */ target, /** @type {string} */ inputs, /** @type {string} */ name) => {
    const file = join(recorded, `${name}.bin`);
    rmSync(file, { force: true });
    await run(binary(target, 'native'), ['-runs=0', `-timeout=${LONGEST}`, inputs], { title: `Recording ${name}`, env: { TRANSCRIPTS: file } });
  };
  await Promise.all([record('step', corpusOf('step'), 'step'), record('resume', corpusOf('resume'), 'resume'), record('step', requests, 'requests')]);
}

/** What broke, and how to see it again. @param {Result} result */
export function findOf({ target, build, output, finds }) {
  const text = output.split('\n');
  const at = text.findIndex((line) => /BROKEN|ERROR|runtime error|terminate called/.test(line));
  return [
    `${target} found something:`,
    ...text.slice(Math.max(at, 0), Math.max(at, 0) + 30),
    ...finds.map((file) => `Replay: ${binary(target, build)} ${file}`),
  ].join('\n');
}

/** The files of a directory with their sizes in bytes. @param {string} directory */
const measured = (directory) => readdirSync(directory).map((name) => ({ name, size: statSync(join(directory, name)).size }));

/** As many of them, in their order, as the tree takes. @param {{ name: string, size: number }[]} files */
function fitting(files) {
  let bytes = 0;
  return files.slice(0, MOST_FILES).filter(({ size }) => (bytes += size) <= MOST_BYTES);
}

/** The inputs of a target, made as few as still reach everything. @param {string} target */
async function merge(target) {
  const tree = join(PROJECT, corpusOf(target));
  const grown = join(PROJECT, FUZZ, 'corpus', target);
  for (const directory of [tree, grown]) mkdirSync(directory, { recursive: true });
  const merged = mkdtempSync(join(PROJECT, FUZZ, 'merge-'));
  const title = `Merging ${target}`;
  // Edges that are new, not each number of times that they were taken: that would be thousands of inputs.
  await run(binary(target, 'fuzzers'), ['-set_cover_merge=1', `-timeout=${LONGEST}`, merged, tree, grown], { title });
  const smallest = measured(merged).sort((a, b) => a.size - b.size);
  const all = fitting(smallest);
  // Where not all of them fit, what is in the tree stays: the smallest alone would reach less than it does.
  const there = measured(tree);
  const kept = all.length === smallest.length ? all : fitting([...there, ...smallest.filter(({ name }) => !there.some((one) => one.name === name))]);
  for (const { name } of there) if (!kept.some((one) => one.name === name)) rmSync(join(tree, name));
  for (const { name } of kept) if (!there.some((one) => one.name === name)) copyFileSync(join(merged, name), join(tree, name));
  rmSync(merged, { recursive: true });
  console.log(`  ${target}: ${kept.length} files, ${kept.reduce((sum, { size }) => sum + size, 0)} bytes; ${smallest.length} would reach everything`);
}

/** @param {Result[]} results */
function table(results) {
  const rows = results.map((result) => [
    result.target,
    result.executions.toLocaleString('en'),
    `${result.edges} / ${result.features}`,
    String(result.fresh),
    String(result.finds.length),
  ]);
  const all = [['target', 'executions', 'edges / features', 'new inputs', 'finds'], ...rows];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ')).join('\n');
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      target: { type: 'string', multiple: true },
      merge: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(HELP);
  const targets = values.target ?? Object.keys(TARGETS);
  const unknown = targets.find((target) => !(target in TARGETS));
  if (unknown) throw new Failure(`There is no target named ${unknown}.\n\n${HELP}`);
  const minutes = Number(values.minutes ?? 1);
  if (!(minutes > 0)) throw new Failure(`${values.minutes} is no number of minutes.\n\n${HELP}`);

  await setup({ for: 'test' });
  await buildFuzzers('fuzzers');
  if (values.merge) {
    for (const target of targets) await merge(target);
    return;
  }
  console.log(`Fuzzing ${targets.join(', ')}: ${duration(minutes * 60)} each.`);
  const results = await sideBySide(targets, (target) => fuzz(target, { build: 'fuzzers', seconds: minutes * 60, grown: `${FUZZ}/corpus/${target}` }));
  for (const result of results.filter(({ good }) => !good)) console.log(`\n${findOf(result)}`);
  console.log(`\n${table(results)}`);
  if (results.some(({ good }) => !good)) process.exitCode = 1;
});
