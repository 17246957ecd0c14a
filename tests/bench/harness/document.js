/** The last full report, in docs/PERFORMANCE.md between two markers, with its pictures. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../../scripts/run.js';
import { floorTable } from './floors.js';
import { PEERS } from './peers.js';
import { lifeTable, resultsTable } from './table.js';

const DOCUMENT = join(PROJECT, 'docs/PERFORMANCE.md');
const PICTURES = join(PROJECT, 'docs/performance');
const BEGIN = '<!-- pnpm bench --write: from here -->';
const END = '<!-- pnpm bench --write: to here -->';

/** @typedef {{ date: string, machine: string, rounds: number, seconds: number, people: number, sessions: number, match: string, results: import('./table.js').Results, life: import('./table.js').Life, floors: import('./floors.js').Row[] }} Report */

/** @param {Report} report @param {Awaited<ReturnType<typeof import('./pictures.js').picturesOf>>} pictures */
export function writeReport({ date, machine, rounds, seconds, people, sessions, match, results, life, floors }, pictures) {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [from, to] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  if (from < BEGIN.length || to < from) throw new Error(`${DOCUMENT} has no place for the report`);
  const about = `${date.slice(0, 10)}; ${machine} at the end; ${rounds} rounds, ${seconds} s for each cell, ${people} people${match && `; only operations named *${match}*`}.`;
  const blocks = [floorTable(floors), lifeTable(life, sessions), resultsTable(results)].map((table) => `\`\`\`\n${table}\n\`\`\``);
  const legend = PEERS.map(({ name, about: what }) => `| ${name} | ${what} |`).join('\n');
  mkdirSync(PICTURES, { recursive: true });
  for (const { name, svg } of pictures) writeFileSync(join(PICTURES, `${name}.svg`), svg);
  const shown = pictures.map(({ name, title }) => `![${title}](performance/${name}.svg)`);
  writeFileSync(DOCUMENT, `${text.slice(0, from)}\n${about}\n\n| name | what it is |\n|---|---|\n${legend}\n\n${[...shown, ...blocks].join('\n\n')}\n${text.slice(to)}`);
}
