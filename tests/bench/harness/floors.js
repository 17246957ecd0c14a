/** What is to be reached, in one run: floors, and what is aimed at. */
import { SESSIONS, SPREAD, nameOf } from './cells.js';
import { BUY, INVENTORY, LIST, ORDERS } from './operations.js';
import { columns, inWords, ratio, short } from './table.js';

/**
 * @typedef {Record<string, [floor: number, aim: number]>} Goals against each peer, ours divided by theirs
 * @typedef {{ what: string, connections: number[], measure: 'rate' | 'cpu', goals: Goals }} Floor
 */

const BUSY = [16, 64];

/** @type {Floor[]} */
const FLOORS = [
  { what: INVENTORY.name, connections: BUSY, measure: 'rate', goals: { A: [7, 10], B: [4, 6], C: [0.75, 1], L1: [0.55, 0.8] } },
  { what: INVENTORY.name, connections: [1], measure: 'rate', goals: { A: [4, 6], B: [2, 3], C: [0.45, 0.7], L1: [0.35, 0.6] } },
  { what: SPREAD, connections: BUSY, measure: 'rate', goals: { L1: [0.3, 0.6] } },
  { what: LIST.name, connections: BUSY, measure: 'rate', goals: { A: [8, 15], B: [4, 8], C: [0.35, 0.6], L1: [0.6, 0.9] } },
  { what: ORDERS.name, connections: BUSY, measure: 'rate', goals: { A: [40, 70], B: [3, 5], C: [0.8, 1.5] } },
  { what: BUY.name, connections: BUSY, measure: 'rate', goals: { A: [4, 7], B: [2, 3], C: [0.7, 1] } },
  { what: SESSIONS, connections: BUSY, measure: 'rate', goals: { A: [15, 30], B: [3, 6], C: [0.3, 0.6] } },
  { what: INVENTORY.name, connections: BUSY, measure: 'cpu', goals: { A: [1 / 7, 1 / 10], B: [1 / 4, 1 / 6], C: [1.4, 1], L1: [2, 1.3] } },
];

/** @type {Record<'sessions' | 'upload' | 'start', { what: string, goals: Goals }>} */
const OF_LIFE = {
  sessions: { what: 'memory that sessions add', goals: { A: [1 / 5, 1 / 5], B: [1, 1], C: [1.2, 1.2] } },
  upload: { what: 'upload, gzipped', goals: { A: [1 / 3, 1 / 3], B: [1.15, 1] } },
  start: { what: 'CPU to the first answer, over L0', goals: { A: [1 / 5, 1 / 5], B: [1 / 2, 1 / 2] } },
};

/**
 * @typedef {ReturnType<typeof ratio>} Ratio
 * @typedef {{ what: string, against: string, reached: Ratio, floor: number, aim: number, below: boolean, limit?: number }} Row `limit`: what L1 reaches
 */

/** What L1 would reach: one request through one object that does nothing. */
const LIMIT = 'L1';
/** `initialize` and `initialized` are two requests. */
const REQUESTS_OF_SESSION = 2;

/** @param {string} what @param {string} against @param {Ratio} reached @param {[number, number]} goal @param {boolean} more whether more is better @returns {Row} */
const rowOf = (what, against, reached, [floor, aim], more) => ({ what, against, reached, floor, aim, below: more ? reached.median < floor : reached.median > floor });

/**
 * @param {import('./table.js').Results} results
 * @param {import('./table.js').Life} life
 * @returns {Row[]} of all that was measured
 */
export function floorRows(results, life) {
  const ofCalls = FLOORS.flatMap(({ what, connections, measure, goals }) =>
    connections.flatMap((count) =>
      Object.entries(goals).flatMap(([against, goal]) => {
        // The older era against what speaks no other, and where there is no newer way.
        const era = against === 'A' || what === SESSIONS ? 'legacy' : 'modern';
        const ours = results[nameOf(what, count)]?.[`ours ${era}`];
        const theirGroup = results[nameOf(against === 'L1' && what === LIST.name ? INVENTORY.name : what, count)];
        const theirs = theirGroup?.[against === 'B' || against === 'C' ? `${against} ${era}` : against];
        if (!ours || !theirs) return [];
        const values = [ours, theirs].map((figures) => figures.map((each) => each[measure]));
        const row = rowOf(`${measure === 'cpu' ? 'CPU of ' : ''}${nameOf(what, count)}`, against, ratio(values[0], values[1]), goal, measure === 'rate');
        const limits = results[nameOf(INVENTORY.name, count)]?.[LIMIT];
        if (!limits || against === LIMIT) return [row];
        const requests = what === SESSIONS ? REQUESTS_OF_SESSION : 1;
        return [{ ...row, limit: ratio(limits.map((each) => each[measure] / requests), values[1]).median }];
      }),
    ),
  );
  const overL0 = (/** @type {string} */ name) => life[name]?.starts.map(({ cpu }, round) => cpu - (life.L0?.starts[round]?.cpu ?? NaN));
  const ofLife = /** @type {const} */ (['sessions', 'upload', 'start']).flatMap((kind) =>
    Object.entries(OF_LIFE[kind].goals).flatMap(([against, goal]) => {
      if (!life[against] || !life.ours || (kind === 'start' && !life.L0)) return [];
      const values = { sessions: (/** @type {string} */ name) => [life[name].sessions ?? NaN], upload: (/** @type {string} */ name) => [life[name].gzipped], start: overL0 }[kind];
      return [rowOf(OF_LIFE[kind].what, against, ratio(values('ours'), values(against)), goal, false)];
    }),
  );
  return [...ofCalls, ...ofLife];
}

/** @param {Row[]} rows */
export function floorTable(rows) {
  const lines = rows.map(({ what, against, reached, floor, aim, below, limit }) => {
    return [what, against, inWords(reached), short(floor), short(aim), limit === undefined ? '' : short(limit), below ? 'not yet' : 'reached'];
  });
  return columns([['ours, as a multiple of', '', 'in this run', 'floor', 'aim', LIMIT, ''], ...lines]);
}
