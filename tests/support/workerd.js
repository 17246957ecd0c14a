/** Looking at the processes named workerd that a stack runs in. */
import { globSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { ask } from './http.js';

/** As folders of /proc. @param {number} id of their process group, or of their parent @param {'group' | 'parent'} [of] */
export function processes(id, of = 'group') {
  return globSync('/proc/[0-9]*').filter((directory) => {
    try {
      const [, rest] = readFileSync(`${directory}/stat`, 'utf8').split(/\) /);
      const [, parent, group] = rest.split(' ').map(Number);
      return (of === 'group' ? group : parent) === id && readFileSync(`${directory}/comm`, 'utf8').trim() === 'workerd';
    } catch {
      return false; // it ended while we looked
    }
  });
}

/** Those that this very process has started, by their ids. */
export const ownProcesses = () => processes(process.pid, 'parent').map((directory) => Number(basename(directory)));

/** Their memory together, in KiB. @param {number} group */
export function memoryOf(group) {
  const sizes = processes(group).map((directory) => Number(readFileSync(`${directory}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1]));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What they have computed so far together, in seconds. @param {number} group */
export function processorTimeOf(group) {
  const ticks = processes(group).map((directory) => {
    const fields = readFileSync(`${directory}/stat`, 'utf8').split(/\) /)[1].split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / 100; // USER_HZ, which Linux has fixed for programs
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
