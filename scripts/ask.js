import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Failure } from './run.js';

/**
 * Asks the person at the terminal.
 * @param {string} question
 * @param {{ hidden?: boolean }} [options] hidden: what is typed is not shown
 * @returns {Promise<string>}
 */
export async function ask(question, { hidden = false } = {}) {
  if (!process.stdin.isTTY) throw new Failure(`There is nobody to ask: ${question}`);
  let silent = false;
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!silent) process.stdout.write(chunk);
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  const interrupted = new Promise((_resolve, reject) => {
    terminal.once('SIGINT', () => reject(new Failure('Stopped; nothing more was done.')));
  });
  try {
    const answer = terminal.question(`${question} `);
    silent = hidden;
    return (await Promise.race([answer, interrupted])).trim();
  } finally {
    terminal.close();
    if (hidden) process.stdout.write('\n');
  }
}
