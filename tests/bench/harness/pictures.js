/** Results as pictures, which GitHub and every browser show. */
import { View, parse } from 'vega';
import { compile } from 'vega-lite';
import { nameOf } from './cells.js';
import { median } from './table.js';

/** @typedef {Extract<import('vega-lite').TopLevelSpec, { concat: unknown }>['concat'][number]} Concatenated */
/** @typedef {{ name: string, title: string, measure: 'rate' | 'cpu', text: string }} Picture */

/** @type {Picture[]} */
const PICTURES = [
  { name: 'rate', title: 'Requests a second (of initialize + initialized: both)', measure: 'rate', text: ',.0f' },
  { name: 'cpu', title: 'Processor time of workerd for 1,000 of them, in seconds', measure: 'cpu', text: '.2f' },
];
const COLUMNS = 3;
const COLOURS = { ours: '#c2410c', others: '#cbd5e1', range: '#334155' };
/** @type {import('vega-lite').Config} */
const LOOK = { font: 'system-ui, sans-serif', view: { stroke: null }, axisX: { grid: false, ticks: false, labels: false, domain: false } };

/**
 * A bar for the median of each run, with a line over its range; ours apart from the others.
 * @param {import('./table.js').Results} results @param {number} connections at which concurrency
 * @returns {Promise<{ name: string, title: string, svg: string }[]>} none where nothing was measured at that
 */
export async function picturesOf(results, connections) {
  const groups = Object.entries(results).filter(([name]) => name.endsWith(nameOf('', connections)));
  if (groups.length === 0) return [];
  return Promise.all(
    PICTURES.map(async ({ name, title, measure, text }) => {
      const concat = groups.map(([operation, runs]) => {
        const bars = Object.entries(runs).map(([server, figures]) => {
          const measured = figures.map((each) => each[measure]);
          return { server, value: median(measured), low: Math.min(...measured), high: Math.max(...measured), ours: server.startsWith('ours') };
        });
        return viewOf(operation, bars, text);
      });
      return { name, title, svg: await drawn({ title: { text: title, anchor: 'start' }, background: 'white', concat, columns: COLUMNS, config: LOOK }) };
    }),
  );
}

/** @param {string} operation @param {{ server: string, value: number }[]} bars @param {string} text the format of a number @returns {Concatenated} */
function viewOf(operation, bars, text) {
  const sort = bars.toSorted((a, b) => b.value - a.value).map(({ server }) => server);
  const y = /** @type {const} */ ({ field: 'server', type: 'nominal', sort, title: null });
  const color = /** @type {const} */ ({ condition: { test: 'datum.ours', value: COLOURS.ours }, value: COLOURS.others });
  const x = /** @type {const} */ ({ field: 'value', type: 'quantitative', title: null });
  return {
    title: operation,
    width: 220,
    height: { step: 20 },
    data: { values: bars },
    layer: [
      { mark: 'bar', encoding: { y, x, color } },
      { mark: { type: 'rule', color: COLOURS.range }, encoding: { y, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } } },
      { mark: { type: 'text', align: 'left', dx: 4 }, encoding: { y, x: { field: 'high', type: 'quantitative' }, text: { field: 'value', type: 'quantitative', format: text } } },
    ],
  };
}

/** @param {import('vega-lite').TopLevelSpec} spec */
const drawn = (spec) => new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
