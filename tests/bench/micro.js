/** `pnpm bench micro`: the core alone, without Worker, storage and cryptography: in wasm and natively, by the same program. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { cmake } from '../../scripts/build.js';
import { Failure, PROJECT, run as start, step } from '../../scripts/run.js';
import { setup } from '../../scripts/setup.js';
import { columns, short } from './harness/table.js';

/**
 * @typedef {{ name: string, median: number, low: number, high: number, allocations: number, allocated: number }} Figures nanoseconds; bytes
 * @typedef {Figures & { where: 'object' | 'worker', steps: number, asks: Record<string, number> }} StepFigures
 * @typedef {{ steps: StepFigures[], stages: Figures[] }} Measured
 */

export const about = 'The core alone: steps and their parts, in microseconds and allocations, native and wasm.';

export const help = `Records what some calls ask of the core's host (SQL, digests, signatures) and what it answers, and plays that again and again:
so a step costs what the core itself costs. The same program runs natively (clang -O2) and as wasm (as it ships) in Node's
V8. Prints the median of many batches with the tenth and the ninetieth percentile, and how often and how much memory was asked
for; writes build/bench/micro.json. The first time it compiles the core once more (some minutes).

  --batches N   how many (500)
  --batch N     microseconds that each takes at least (500)
  --warm-up N   milliseconds of the same before it is measured, twice (1500)
  --smoke       only whether it runs, in wasm; what records is that of the tests`;

export const options = /** @type {const} */ ({
  batches: { type: 'string', default: '500' },
  batch: { type: 'string', default: '500' },
  'warm-up': { type: 'string', default: '1500' },
  smoke: { type: 'boolean', default: false },
});

const TAPE = join(PROJECT, 'build/bench/micro.bin');
const RESULT = join(PROJECT, 'build/bench/micro.json');

/** @param {{ batches: string, batch: string, 'warm-up': string, smoke: boolean }} values */
export async function run(values) {
  const plan = [values['warm-up'], values.batch, values.batches].map(Number);
  if (!plan.every((value) => Number.isInteger(value) && value > 0)) throw new Failure('The numbers are whole, and more than 0.');
  await cmake('wasm', 'Building the benchmark as wasm', 'micro');
  if (values.smoke) {
    await record('native');
    const { steps, stages } = measureWasm(readFileSync(TAPE), [1, 1, 1]);
    return console.log(`  ${steps.length} steps and ${stages.length} parts can be measured`);
  }
  await setup({ for: 'micro' });
  await cmake('micro', 'Building the benchmark natively', 'micro_native');
  await record('micro');
  const printed = await start(join(programsOf('micro'), 'micro_native'), [TAPE, ...plan.map(String)], { title: 'Measuring natively' });
  /** @type {Measured} */
  const native = JSON.parse(printed.stdout);
  const wasm = await step('Measuring in wasm', async () => measureWasm(readFileSync(TAPE), plan));
  const machine = `${cpus()[0].model}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)} at the end`;
  const report = { date: new Date().toISOString(), machine, v8: process.versions.v8, node: process.version, plan, native, wasm };
  writeFileSync(RESULT, JSON.stringify(report, null, 2));
  console.log(`\n${machine}; V8 ${report.v8} of Node ${report.node}\n\n${table(native, wasm)}`);
}

/** @param {'micro' | 'native'} preset */
const programsOf = (preset) => join(PROJECT, `build/${preset}/tests/bench/micro`);

/** @param {'micro' | 'native'} preset */
async function record(preset) {
  await cmake(preset, 'Building what records', 'micro_record');
  mkdirSync(dirname(TAPE), { recursive: true });
  rmSync(TAPE, { force: true });
  await start(join(programsOf(preset), 'micro_record'), [], { title: 'Recording calls', env: { TRANSCRIPTS: TAPE } });
}

/** @param {Buffer} tape @param {number[]} plan @returns {Measured} */
function measureWasm(tape, plan) {
  const decoder = new TextDecoder();
  const module = new WebAssembly.Module(readFileSync(join(PROJECT, 'build/wasm/micro.wasm')));
  const { exports } = new WebAssembly.Instance(module, {
    host: {
      /** @param {number} at @param {number} size */
      fail(at, size) {
        throw new Failure(decoder.decode(new Uint8Array(memory.buffer, at, size)));
      },
      now() {
        return performance.now() * 1e6;
      },
    },
    env: { emscripten_notify_memory_growth() {} },
    wasi_snapshot_preview1: {
      proc_exit() {
        throw new Failure('The core gave up.');
      },
    },
  });
  const core = /** @type {{ memory: WebAssembly.Memory, _initialize(): void, input_buffer(size: number): number, measure(size: number, ...plan: number[]): number }} */ (
    /** @type {unknown} */ (exports)
  );
  const { memory } = core;
  core._initialize();
  const at = core.input_buffer(tape.length);
  new Uint8Array(memory.buffer, at, tape.length).set(tape);
  const result = core.measure(tape.length, ...plan);
  const size = new DataView(memory.buffer).getUint32(result, true);
  return JSON.parse(decoder.decode(new Uint8Array(memory.buffer, result + 4, size)));
}

/** @param {Measured} native @param {Measured} wasm */
function table(native, wasm) {
  const time = (/** @type {Figures} */ { median, low, high }) => `${short(median / 1000)} (${short(low / 1000)}-${short(high / 1000)})`;
  const memory = (/** @type {Figures} */ { allocations, allocated }) => [String(allocations), (allocated / 1024).toFixed(1)];
  /** @param {Figures[]} natively @param {Figures[]} inWasm @param {string} title */
  const part = (natively, inWasm, title) =>
    columns([
      [title, 'native us', 'wasm us', 'allocations', 'KiB', 'in wasm', 'KiB'],
      ...natively.map((figures, index) => [`  ${figures.name}`, time(figures), time(inWasm[index]), ...memory(figures), ...memory(inWasm[index])]),
    ]);
  const places = /** @type {const} */ ({ object: "a request's step in the object", worker: 'its two steps in the Worker' });
  const steps = Object.entries(places).map(([where, title]) => {
    const [natively, inWasm] = [native, wasm].map((measured) => measured.steps.filter((one) => one.where === where));
    return part(natively, inWasm, title);
  });
  return [...steps, part(native.stages, wasm.stages, 'parts of the first'), asksTable(native.steps)].join('\n\n');
}

/** What is not in the figures: the host's work. @param {StepFigures[]} steps */
function asksTable(steps) {
  const kinds = [...new Set(steps.flatMap(({ asks }) => Object.keys(asks)))];
  const rows = steps.filter(({ where }) => where === 'object').map(({ name, asks }) => [`  ${name}`, ...kinds.map((kind) => String(asks[kind] ?? 0))]);
  return columns([['what the step in the object asks its host', ...kinds], ...rows]);
}
