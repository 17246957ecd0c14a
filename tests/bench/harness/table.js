/** Results as text. */
import { ourRun } from './cells.js';

/** @typedef {import('./measure.js').Figures} Figures */
/** @typedef {Record<string, Record<string, Figures[]>>} Results */

/**
 * @typedef {object} OneLife what a peer costs beside its calls
 * @property {number} raw bytes of its upload
 * @property {number} gzipped
 * @property {import('./life.js').Start[]} starts of the rounds
 * @property {import('./life.js').SignIn[]} signIns
 * @property {number} [sessions] KiB that they add
 * @typedef {Record<string, OneLife>} Life of each peer
 */

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The ratio of two runs within each round: its median and its range. @param {number[]} ours @param {number[]} theirs */
export function ratio(ours, theirs) {
  const ratios = ours.map((value, round) => value / theirs[round]);
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

/** @param {{ median: number, low: number, high: number }} of */
export const inWords = ({ median: middle, low, high }) => `${short(middle)} (${short(low)}-${short(high)})`;

/** @param {number} value three digits that count */
export const short = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** Rows with their columns one below the other: the first to the left, the others to the right. @param {string[][]} rows */
export function columns(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]))).join('  ').trimEnd()).join('\n');
}

/** @param {Results} results */
export function resultsTable(results) {
  return Object.entries(results)
    .map(([group, runs]) => {
      const rows = Object.entries(runs).map(([name, figures]) => {
        /** @param {keyof Figures} what */
        const middle = (what) => median(figures.map((each) => each[what] ?? 0));
        const ours = runs[ourRun(group, name)];
        const against = !name.startsWith('ours') && ours ? inWords(ratio(ours.map(({ rate }) => rate), figures.map(({ rate }) => rate))) : '';
        const lag = figures[0].lag === undefined ? '' : `${middle('lag').toFixed(0)} ms`;
        return [`  ${name}`, middle('rate').toFixed(0), against, short(middle('p50')), short(middle('p99')), middle('cpu').toFixed(3), lag];
      });
      rows.sort((a, b) => Number(b[1]) - Number(a[1]));
      return columns([[group, 'a second', 'ours to it', 'p50 ms', 'p99 ms', 'CPU s/1000', 'lag'], ...rows]);
    })
    .join('\n\n');
}

/** @param {Life} life @param {number} sessions how many */
export function lifeTable(life, sessions) {
  const rows = Object.entries(life).map(([name, { raw, gzipped, starts, signIns, sessions: added }]) => [
    name,
    `${(raw / 1000).toFixed(0)} (${(gzipped / 1000).toFixed(0)})`,
    ...['seconds', 'cpu'].map((what) => `${(median(starts.map((each) => each[/** @type {'seconds' | 'cpu'} */ (what)])) * 1000).toFixed(0)}`),
    `${(median(starts.map(({ memory }) => memory)) / 1024).toFixed(0)}`,
    added === undefined ? '' : (added / 1024).toFixed(0),
    ...['seconds', 'cpu'].map((what) => (signIns.length > 0 ? `${(median(signIns.map((each) => each[/** @type {'seconds' | 'cpu'} */ (what)])) * 1000).toFixed(0)}` : '')),
  ]);
  const head = ['', 'upload KB (gzipped)', 'first answer ms', 'CPU ms', 'memory MiB', `${sessions} sessions add`, 'sign-in to first call ms', 'CPU ms'];
  return columns([head, ...rows]);
}
