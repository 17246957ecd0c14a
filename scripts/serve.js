/** What the commands have in common that run the system until somebody stops it. */
import { watchFile } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../dev/stack.js';
import { buildWasm } from './build.js';
import { CommandFailed, Failure, PROJECT } from './run.js';
import { watchTrees } from './watch.js';

/** Rebuilds when a source has changed; one build at a time, and one more if something changed during it. @param {string[]} modules */
export function rebuildOnChange(modules) {
  let wanted = false;
  let building = false;
  const rebuild = async () => {
    wanted = true;
    if (building) return;
    building = true;
    while (wanted) {
      wanted = false;
      await buildWasm({ modules, quick: true }).catch((error) => {
        if (!(error instanceof CommandFailed)) throw error;
        console.error('The build failed; the last good one goes on running.');
      });
    }
    building = false;
  };
  watchTrees([join(PROJECT, 'wasm'), join(PROJECT, 'web')], rebuild);
  watchFile(join(PROJECT, 'CMakeLists.txt'), { interval: 500 }, rebuild);
}

/** @param {string} wanted a port that nobody listens on, as somebody typed it @param {string} another what to type for another one */
export async function portOf(wanted, another) {
  const number = Number(wanted);
  if (!Number.isInteger(number) || number < 0 || number > 65535) throw new Failure(`${wanted} is no port.`);
  return freePort(number).catch((error) => {
    throw new Failure(`Cannot listen on port ${wanted} (${error.code}). Another one: ${another}`);
  });
}

/** Ends the system when this process is told to, and this process when the system ends. @param {{ stop: () => Promise<void>, ended: Promise<unknown> }} stack */
export function endTogether(stack) {
  let stopping = false;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.once(signal, async () => {
      stopping = true;
      await stack.stop();
      console.log('\nStopped.');
      process.exit();
    });
  }
  stack.ended.then(async () => {
    if (stopping) return;
    console.error('The Worker has ended by itself.');
    process.exit(1);
  });
}
