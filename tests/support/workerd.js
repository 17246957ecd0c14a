/** Looking at the processes named workerd that a stack runs in. */
import { globSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { ask } from './http.js';

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

/** A process's name, and what follows it in its line (proc(5): the first of `fields` is its state). @param {string} directory of /proc */
function statOf(directory) {
  const [, name, rest] = /** @type {RegExpMatchArray} */ (readFileSync(`${directory}/stat`, 'utf8').match(/\((.*)\) (.*)/));
  return { name, fields: rest.split(' ') };
}

/**
 * The Worker's own door. The one in front, of `wrangler dev`, does not pass on that a client has gone or does not read.
 * @param {{ pid: number, port: number }} stack
 * @returns {Promise<string>} a URL; requests must name the host of the stack
 */
export async function doorOf({ pid, port }) {
  const sockets = processes(pid).flatMap((directory) =>
    globSync(`${directory}/fd/*`).map((file) => {
      try {
        return readlinkSync(file).match(/^socket:\[(\d+)\]$/)?.[1];
      } catch {
        return undefined; // closed while we looked
      }
    }),
  );
  const listening = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && sockets.includes(fields[9]))
    .map((fields) => Number.parseInt(fields[1].split(':')[1], 16));
  for (const candidate of listening.filter((each) => each !== port)) {
    const url = `http://127.0.0.1:${candidate}`;
    // A Host that is nobody's: the Worker says so, whatever else listens here says something else.
    const answer = await ask(`${url}/mcp`, { headers: { Host: 'nobody.example' } }).catch(() => undefined);
    if (answer?.status === 403) return url;
  }
  throw new Error('the Worker has no door of its own');
}
