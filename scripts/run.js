/** Runs other programs and shows how far they are: one line that moves in a terminal, a sign of life now and then in a log. */
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('..', import.meta.url));

const SIGN_OF_LIFE = 30_000;

/**
 * @typedef {object} RunOptions
 * @property {string} [title] shown while it runs; without one, nothing is shown
 * @property {string} [cwd] the project's directory if not given
 * @property {Record<string, string>} [env] over this process's own
 * @property {string} [input] for its standard input
 * @property {boolean} [tolerant] a failure is for the caller to judge: it is neither shown nor thrown
 *
 * @typedef {{ status: number, output: string, stdout: string, seconds: number }} RunResult
 */

/** Something a person can understand and act on: its message is all there is to show. */
export class Failure extends Error {}

/** A program failed. Its output has been shown already. */
export class CommandFailed extends Failure {
  /** @param {string} line @param {RunResult} result */
  constructor(line, result) {
    super(`${line} failed with status ${result.status}`);
    this.result = result;
  }
}

/**
 * Runs a program to its end. Its output is kept, and shown only if it fails.
 * @param {string} command
 * @param {string[]} parameters
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export async function run(command, parameters, options = {}) {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const progress = options.title ? new Progress(options.title) : undefined;
  const child = spawn(command, parameters, {
    cwd: options.cwd ?? PROJECT,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    output += text;
    progress?.latest(output);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
    progress?.latest(output);
  });
  child.stdin.on('error', () => {}); // it may end without having read what it was given
  child.stdin.end(options.input ?? '');
  const status = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(127);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
  const result = { status, output, stdout, seconds: seconds() };
  progress?.end(status === 0);
  if (status !== 0 && !options.tolerant) {
    process.stderr.write(`${output.trimEnd()}\n`);
    throw new CommandFailed([command, ...parameters].join(' '), result);
  }
  return result;
}

/** A program that came with the Node packages. @param {string} name */
export function local(name) {
  return join(PROJECT, 'node_modules', '.bin', name);
}

/**
 * Makes a module a program as well: runs `main` if this is what was started, and shows how it failed.
 * @param {string} url the module's import.meta.url
 * @param {() => Promise<void>} main
 */
export async function program(url, main) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/**
 * `work` for each, as many at a time as there are processors.
 * @template T, R @param {T[]} all @param {(one: T) => Promise<R>} work @returns {Promise<R[]>} in the order of `all`
 */
export async function sideBySide(all, work) {
  /** @type {R[]} */
  const results = [];
  const waiting = [...all.entries()];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return results;
}

/** Runs `work` under a line of progress. @template T @param {string} title @param {() => Promise<T>} work @returns {Promise<T>} */
export async function step(title, work) {
  const progress = new Progress(title);
  try {
    const result = await work();
    progress.end(true);
    return result;
  } catch (error) {
    progress.end(false);
    throw error;
  }
}

class Progress {
  /** @param {string} title */
  constructor(title) {
    this.title = title;
    this.started = performance.now();
    this.line = '';
    this.moving = process.stdout.isTTY && !process.env.CI;
    if (this.moving) {
      this.timer = setInterval(() => this.draw(), 200);
    } else {
      this.timer = setInterval(() => console.log(`  … ${this.title} (${this.elapsed()}) ${this.line}`), SIGN_OF_LIFE);
    }
    this.timer.unref();
  }
  elapsed() {
    return duration((performance.now() - this.started) / 1000);
  }
  /** @param {string} output of which the last line is shown */
  latest(output) {
    this.line = output.trimEnd().slice(-400).split(/[\r\n]/).at(-1) ?? '';
  }
  draw() {
    const room = Math.max(0, (process.stdout.columns ?? 80) - 1);
    process.stdout.write(`\r\x1b[2K${`… ${this.title} (${this.elapsed()}) ${this.line}`.slice(0, room)}`);
  }
  /** @param {boolean} good */
  end(good) {
    clearInterval(this.timer);
    process.stdout.write(`${this.moving ? '\r\x1b[2K' : ''}${good ? '✓' : '✗'} ${this.title} (${this.elapsed()})\n`);
  }
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
