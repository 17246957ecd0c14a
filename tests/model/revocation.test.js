/**
 * The model of revocation (revocation.pml), searched by spin to its end: what it claims holds in every interleaving, and
 * does not where the model is wrong on purpose.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { PROJECT } from '../../scripts/run.js';

const MODEL = join(PROJECT, 'tests/model/revocation.pml');
const CLAIMS = ['answers', 'ends', 'delivers'];

const run = promisify(execFile);

/** @type {Map<string, Promise<string>>} */
const checkers = new Map();

/** The model as a program that searches it, compiled once for each variant. @param {'safety' | 'fairness'} kind @param {string} [wrong] */
function checker(kind, wrong = '') {
  const name = `${kind}-${wrong || 'right'}`;
  const known = checkers.get(name) ?? compile(kind, wrong, join(PROJECT, 'build/spin', name));
  checkers.set(name, known);
  return known;
}

/** @param {'safety' | 'fairness'} kind @param {string} wrong @param {string} directory */
async function compile(kind, wrong, directory) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const compiler = process.env.CC ?? 'cc';
  // The generated C is not ours to warn about. NFAIR: there are more processes than spin expects of a fair search.
  const options = kind === 'safety' ? ['-DSAFETY', '-DNOCLAIM'] : ['-DNFAIR=3'];
  await run('spin', [...(wrong ? [`-D${wrong}`] : []), '-a', MODEL], { cwd: directory });
  await run(compiler, ['-w', '-O1', '-DCOLLAPSE', ...options, '-o', 'search', 'pan.c'], { cwd: directory });
  return join(directory, 'search');
}

/** @param {string} program @param {string[]} parameters */
async function search(program, parameters) {
  const { stdout } = await run(program, ['-m1000000', '-w22', ...parameters], { cwd: join(program, '..'), maxBuffer: 2 ** 24 });
  const errors = Number(stdout.match(/errors: (\d+)/)?.[1] ?? NaN);
  const states = Number(stdout.match(/(\d+) states, stored/)?.[1] ?? 0);
  return { stdout, errors, states };
}

/** Nothing was left out. @param {Awaited<ReturnType<typeof search>>} result */
function holdsEverywhere({ stdout, errors }) {
  assert.equal(errors, 0, stdout);
  assert.doesNotMatch(stdout, /not completed|depth too small|out of memory|hash table full|aborting/i, stdout);
}

describe('revocation, effects in flight, the outbox and crashes', () => {
  test('nothing that must never happen can happen', async (context) => {
    const result = await search(await checker('safety'), []);
    holdsEverywhere(result);
    assert.ok(result.states > 10_000, `only ${result.states} states: the model does next to nothing`);
    // Whatever a process can do it did somewhere; none of them comes to an end.
    const unreached = [...result.stdout.matchAll(/^\t.*revocation\.pml:\d+, state \d+, "(.*)"$/gm)].map(([line, what]) => [line, what]);
    assert.deepEqual(unreached.filter(([, what]) => what !== '-end-'), [], result.stdout);
    context.diagnostic(`${result.states} states`);
  });

  for (const claim of CLAIMS) {
    test(`what must happen happens in the end: ${claim}`, async (context) => {
      const result = await search(await checker('fairness'), ['-a', '-f', '-N', claim]);
      holdsEverywhere(result);
      context.diagnostic(`${result.states} states`);
    });
  }

  // A model that cannot fail shows nothing.
  for (const wrong of ['ANSWER_BEFORE_COMMIT', 'EFFECT_BEFORE_COMMIT', 'NO_DECIDE_ON_RESUME', 'COUNT_NOTHING']) {
    test(`it is found out: ${wrong}`, async () => {
      const { stdout } = await search(await checker('safety', wrong), []);
      assert.match(stdout, /assertion violated/, stdout);
    });
  }
  test('it is found out: ALARM_AFTER_COMMIT', async () => {
    const { stdout } = await search(await checker('fairness', 'ALARM_AFTER_COMMIT'), ['-a', '-f', '-N', 'delivers']);
    assert.match(stdout, /acceptance cycle/, stdout);
  });
});
