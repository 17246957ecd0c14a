/** `pnpm build`: the C++ becomes the modules in build/wasm, and what would be uploaded must stay within its budgets. */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { reproduce } from './reproduce.js';
import { Failure, PROJECT, local, program, run } from './run.js';
import { writeSbom } from './sbom.js';
import { setup } from './setup.js';
import { measureParts, partsTable } from './wasm-size.js';

const HELP = `pnpm build [options]

Builds the WebAssembly modules, writes what they are made of to build/sbom.cdx.json, and reports the sizes of what a
deployment uploads.

  --size       only report sizes: those, and what the shop's wasm is made of, by section, by folder and library, by function
               and by piece of data (all of it is in build/size.json)
  --reproduce  build the modules once more, in another folder, and compare them byte by byte (some minutes)
  --help       this text`;

const KB = 1000;
const BUDGET = { wasmGzipped: 323 * KB, uploadGzipped: 398 * KB, shimLines: 980 };
/** The other applications, by their environments in wrangler.toml. Their entries the shop does not carry. */
const OTHERS = [
  { environment: 'todo', wasm: 'build/wasm/todo.wasm', entry: 'shim/todo.js', wasmGzipped: 299 * KB, uploadGzipped: 374 * KB },
  { environment: 'todo-api', wasm: 'build/wasm/todo_api.wasm', entry: 'shim/todo-api.js', wasmGzipped: 80 * KB, uploadGzipped: 155 * KB },
];

/** The largest functions and pieces of data that `--size` shows. */
const SHOWN = 25;

export const WASM = join(PROJECT, 'build/wasm/deputy.wasm');

/**
 * Builds modules; compiler errors are printed before it throws.
 * @param {{ modules?: string[], quick?: boolean }} [how] `modules`: by their names in CMakeLists.txt, else all that ship; `quick`: for
 *   whoever has just edited them, larger than what ships
 */
export async function buildWasm({ modules = ['all'], quick = false } = {}) {
  await cmake('wasm', 'Building the WebAssembly module', modules, quick);
}

/** What is built in each folder: Ninja expects to be the only one there. @type {Map<string, Promise<void>>} */
const building = new Map();

/**
 * Configures where that is new, then builds what has changed.
 * @param {'wasm' | 'native' | 'fuzzers' | 'micro'} preset @param {string} title @param {string | string[]} [targets] @param {boolean} [quick]
 */
export function cmake(preset, title, targets = 'all', quick = false) {
  const built = (building.get(preset) ?? Promise.resolve()).then(() => configureAndBuild(preset, title, [targets].flat(), quick));
  building.set(preset, built.catch(() => {}));
  return built;
}

/** @param {string} preset @param {string} title @param {string[]} targets @param {boolean} quick */
async function configureAndBuild(preset, title, targets, quick) {
  const directory = join(PROJECT, 'build', preset);
  const options = preset === 'wasm' ? [`DEPUTY_QUICK_LINK:BOOL=${quick ? 'ON' : 'OFF'}`] : [];
  const configured = existsSync(join(directory, 'build.ninja')) && readFileSync(join(directory, 'CMakeCache.txt'), 'utf8');
  if (!configured || !options.every((option) => configured.includes(option))) {
    await run('cmake', ['--preset', preset, ...options.map((option) => `-D${option}`)], { title: `Configuring the build (${preset})` });
  }
  await run('cmake', ['--build', '--preset', preset, '--target', ...targets], { title });
}

/**
 * @typedef {{ what: string, value: string, budget?: string, holds: boolean }} SizeRow
 * @returns {Promise<SizeRow[]>}
 */
export async function measureSizes() {
  const shop = await upload(WASM, 'build/upload', [], 'Bundling the Worker');
  const others = [];
  for (const { environment, wasm, wasmGzipped, uploadGzipped } of OTHERS) {
    const size = await upload(join(PROJECT, wasm), `build/upload-${environment}`, ['--env', environment], `Bundling ${environment}`);
    others.push(
      row(`${environment}: wasm, gzipped`, size.wasm.gzipped, wasmGzipped, kilobytes),
      row(`${environment}: upload, gzipped`, size.all.gzipped, uploadGzipped, kilobytes),
    );
  }
  const shim = globSync('shim/*.js', { cwd: PROJECT }).filter((path) => !OTHERS.some(({ entry }) => entry === path));
  const shimLines = shim.map((path) => linesOfCode(join(PROJECT, path))).reduce((sum, lines) => sum + lines, 0);
  return [
    row('wasm, gzipped', shop.wasm.gzipped, BUDGET.wasmGzipped, kilobytes),
    row('wasm', shop.wasm.raw, undefined, kilobytes),
    row('JavaScript, gzipped', shop.javascript.gzipped, undefined, kilobytes),
    row('JavaScript', shop.javascript.raw, undefined, kilobytes),
    row('upload, gzipped', shop.all.gzipped, BUDGET.uploadGzipped, kilobytes),
    row('upload', shop.all.raw, undefined, kilobytes),
    row('shim, lines of code', shimLines, BUDGET.shimLines, String),
    ...others,
  ];
}

/** What a deployment would upload. @param {string} module @param {string} path for the bundle @param {string[]} options @param {string} title */
async function upload(module, path, options, title) {
  const directory = join(PROJECT, path);
  await run(local('wrangler'), ['deploy', '--dry-run', '--outdir', directory, ...options], { title, env: { WRANGLER_SEND_METRICS: 'false' } });
  const wasm = sizeOf([module]);
  const javascript = sizeOf(globSync(join(directory, '*.js')));
  return { wasm, javascript, all: { raw: wasm.raw + javascript.raw, gzipped: wasm.gzipped + javascript.gzipped } };
}

/** @param {SizeRow[]} rows */
export function sizeTable(rows) {
  return rows
    .map(({ what, value, budget, holds }) => {
      const judgement = budget ? `  of ${budget.padStart(9)}  ${holds ? 'holds' : 'OVER BUDGET'}` : '';
      return `  ${what.padEnd(25)} ${value.padStart(9)}${judgement}`;
    })
    .join('\n');
}

/** @param {string} what @param {number} value @param {number | undefined} budget @param {(n: number) => string} format */
function row(what, value, budget, format) {
  return {
    what,
    value: format(value),
    budget: budget === undefined ? undefined : format(budget),
    holds: budget === undefined || value <= budget,
  };
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / KB).toFixed(1)} KB`;
}

/** @param {string[]} paths */
export function sizeOf(paths) {
  const contents = paths.map((path) => readFileSync(path));
  return {
    raw: contents.reduce((sum, content) => sum + content.length, 0),
    gzipped: contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0),
  };
}

/** Lines that are neither blank nor comment. @param {string} path */
function linesOfCode(path) {
  const withoutComments = readFileSync(path, 'utf8')
    .replace(/^\s*\/\*[^]*?\*\//gm, '')
    .replace(/^\s*\/\/.*$/gm, '');
  return withoutComments.split('\n').filter((line) => line.trim()).length;
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({ options: { size: { type: 'boolean' }, reproduce: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) return console.log(HELP);
  if (!values.size) {
    await setup({ for: 'build' });
    await buildWasm();
    const components = await writeSbom();
    for (const { name, hashes } of components.filter(({ type }) => type === 'file')) console.log(`  ${name}  sha256 ${hashes?.[0].content}`);
  }
  if (values.reproduce) {
    await reproduce();
    console.log('  built in another folder, the modules are the same');
  }
  const rows = await measureSizes();
  if (values.size) {
    const parts = await measureParts();
    writeFileSync(join(PROJECT, 'build/size.json'), JSON.stringify(parts, null, 2));
    console.log(`\n${partsTable(parts, SHOWN)}\n`);
  }
  console.log(sizeTable(rows));
  if (rows.some(({ holds }) => !holds)) throw new Failure('Over budget.');
});
