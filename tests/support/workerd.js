/** Looking at the processes named workerd that a stack runs in. */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Of a second, in /proc: Linux has fixed it for programs. */
const TICKS = 100;

/** As folders of /proc. @param {number} id of their process group, or of their parent @param {'group' | 'parent'} [of] */
export function processes(id, of = 'group') {
  return globSync('/proc/[0-9]*').filter((directory) => {
    try {
      const { name, fields } = statOf(directory);
      return name === 'workerd' && Number(fields[of === 'group' ? 2 : 1]) === id;
    } catch {
      return false; // it ended while we looked
    }
  });
}

/** The ids of those that a process has started. @param {number} parent */
export const childrenOf = (parent) => processes(parent, 'parent').map((directory) => Number(basename(directory)));

/** Their memory together, in KiB. @param {number} group */
export function memoryOf(group) {
  return usageOfAll(group).reduce((sum, { memory }) => sum + memory, 0);
}

/** What they have computed so far together, in seconds. @param {number} group */
export function processorTimeOf(group) {
  return usageOfAll(group).reduce((sum, { cpu }) => sum + cpu, 0);
}

/** @param {number} group */
const usageOfAll = (group) => processes(group).map((directory) => usageOf(Number(basename(directory))));

/** CPU seconds (its own and the kernel's for it) and memory in KiB of a process. @param {number} pid */
export function usageOf(pid) {
  const { fields } = statOf(`/proc/${pid}`);
  const memory = Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1]);
  return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, memory };
}

/**
 * What the threads of a process have computed so far that have not ended, in seconds: to the nanosecond, where `usageOf` counts in
 * hundredths (Linux, Documentation/scheduler/sched-stats). @param {number} pid
 */
export function exactProcessorTimeOf(pid) {
  const nanoseconds = globSync(`/proc/${pid}/task/*/schedstat`).map((file) => Number(readFileSync(file, 'utf8').split(' ')[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9;
}

/** A process's name, and what follows it in its line (proc(5): the first of `fields` is its state). @param {string} directory of /proc */
function statOf(directory) {
  const [, name, rest] = /** @type {RegExpMatchArray} */ (readFileSync(`${directory}/stat`, 'utf8').match(/\((.*)\) (.*)/));
  return { name, fields: rest.split(' ') };
}
