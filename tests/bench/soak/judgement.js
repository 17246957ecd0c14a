/** What the figures of a soak come to. Pure functions: their test shows that each of them can fail. */

const MIB = 1024 * 1024;
/** What may be left of growth, by the figures' own scatter: of the Worker's heap a minute, of the process in the time looked at. */
const HEAP_A_MINUTE = 0.25 * MIB;
const MEMORY_AT_MOST = 0.1;
/** No object is larger: 2,000 entries of its trail with their arguments, and what else a person has. */
const LARGEST_OBJECT = 16 * MIB;
/** Entries of a trail in an object: 2,000 stay, 1,000 go at a time, and as many may come while they do. */
const MOST_ENTRIES = 4000;

/** @typedef {{ minute: number, value: number }} Point */
/**
 * @typedef {object} Findings
 * @property {Map<string, number>} errors
 * @property {number} requests that were answered as they should be
 * @property {Point[]} memory of workerd, bytes
 * @property {Point[]} heap of the Worker, bytes, after collections
 * @property {number} largest object, bytes
 * @property {number} largestLog that was not yet in its object's database, bytes
 * @property {number} entries of the longest trail in an object
 * @property {{ begun: number, acknowledged: number, kept: number, copied: number, waiting: number }} orders
 * @typedef {{ what: string, holds: boolean, figures: string }} Judgement
 */

/** The last two thirds. @template {{ minute: number }} T @param {T[]} points */
export function settled(points) {
  const end = points.at(-1)?.minute ?? 0;
  return points.filter(({ minute }) => minute > end / 3);
}

/** The straight line that is nearest. @param {Point[]} points @returns {{ mean: number, slope: number, error: number }} by the minute; `error`: of the slope */
export function fit(points) {
  const n = points.length;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / n;
  const middle = points.reduce((sum, { minute }) => sum + minute, 0) / n;
  const spread = points.reduce((sum, { minute }) => sum + (minute - middle) ** 2, 0);
  if (n < 3 || spread === 0) return { mean, slope: 0, error: Infinity };
  const slope = points.reduce((sum, { minute, value }) => sum + (minute - middle) * (value - mean), 0) / spread;
  const rest = points.reduce((sum, { minute, value }) => sum + (value - mean - slope * (minute - middle)) ** 2, 0);
  return { mean, slope, error: Math.sqrt(rest / (n - 2) / spread) };
}

const mebibytes = (/** @type {number} */ bytes) => (bytes / MIB).toFixed(2);
const line = (/** @type {ReturnType<typeof fit>} */ { mean, slope, error }) =>
  Number.isFinite(error) ? `${mebibytes(mean)} MiB, ${slope < 0 ? '' : '+'}${mebibytes(slope)} ± ${mebibytes(error)} a minute` : `${mebibytes(mean)} MiB, too few figures for a line`;

/** @param {Findings} findings @returns {Judgement[]} */
export function judge({ errors, requests, memory, heap, largest, largestLog, entries, orders }) {
  const failed = [...errors.values()].reduce((sum, each) => sum + each, 0);
  const process = settled(memory);
  const growth = fit(process);
  const minutes = (process.at(-1)?.minute ?? 0) - (process[0]?.minute ?? 0);
  const heapGrowth = fit(settled(heap));
  return [
    { what: 'no error that is not a chosen limit', holds: failed === 0 && requests > 0, figures: `${failed} errors, ${requests} right answers` },
    // Growth that is twice what the scatter explains.
    { what: 'the memory of workerd is on a plateau', holds: !((growth.slope - 2 * growth.error) * minutes > MEMORY_AT_MOST * growth.mean), figures: line(growth) },
    { what: 'the heap of the Worker is, after collections', holds: !(heapGrowth.slope - 2 * heapGrowth.error > HEAP_A_MINUTE), figures: line(heapGrowth) },
    { what: 'each object is bounded', holds: Math.max(largest, largestLog) <= LARGEST_OBJECT && entries <= MOST_ENTRIES, figures: `the largest has ${mebibytes(largest)} MiB, the largest log before it ${mebibytes(largestLog)} MiB, the longest trail in one ${entries} entries` },
    {
      what: 'no order is lost, none is there twice, and each is copied',
      holds: orders.kept >= orders.acknowledged && orders.kept <= orders.begun && orders.copied === orders.kept && orders.waiting === 0,
      figures: `${orders.begun} begun, ${orders.acknowledged} acknowledged, ${orders.kept} kept, ${orders.copied} copied, ${orders.waiting} deliveries waiting`,
    },
  ];
}
