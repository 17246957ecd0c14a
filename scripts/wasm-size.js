/** What the wasm is made of: bytes by section, by folder or library, and the largest functions and pieces of data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cmake } from './build.js';
import { Failure, PROJECT, run } from './run.js';

/**
 * @typedef {{ name: string, size: number }} Sized
 * @typedef {{ name: string, size: number, at: number }} Section `at`: where its contents begin
 * @typedef {{ name: string, own: number, templates: number }} Folder bytes of code
 * @typedef {{ wasm: number, sections: Sized[], folders: Folder[], functions: Sized[], data: Sized[] }} Parts
 */

/** WebAssembly 2.0, 5.5.2. */
const SECTIONS = ['custom', 'type', 'import', 'function', 'table', 'memory', 'global', 'export', 'start', 'element', 'code', 'data', 'data count'];
const [CUSTOM, IMPORT, CODE, DATA] = [0, 2, 10, 11];
const FOLDERS = ['core', 'mcp', 'authority', 'identity', 'schema', 'shop', 'todo_api', 'todo', 'web'];
const LIBRARIES = ['simdjson', 'nlohmann'];
const ROOT = 'wasm/*.cpp';

/** Reads the binary format (WebAssembly 2.0, 5.1 to 5.5). */
class Bytes {
  at = 0;

  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An integer in LEB128, without its sign. */
  number() {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  take() {
    const size = this.number();
    return this.bytes.subarray(this.at, (this.at += size));
  }

  text() {
    return this.take().toString('utf8');
  }

  /** @template T @param {() => T} read @returns {T[]} */
  list(read) {
    return Array.from({ length: this.number() }, read);
  }
}

/** @param {Buffer} wasm @returns {Section[]} */
export function sectionsOf(wasm) {
  const reader = new Bytes(wasm);
  reader.at = 8;
  const sections = [];
  while (reader.at < wasm.length) {
    const id = reader.byte();
    const contents = reader.take();
    const name = id === CUSTOM ? `custom: ${new Bytes(contents).text()}` : SECTIONS[id];
    sections.push({ name, size: contents.length, at: reader.at - contents.length });
  }
  return sections;
}

/** The contents of a section. @param {Buffer} wasm @param {string} name */
function contentsOf(wasm, name) {
  const section = sectionsOf(wasm).find((one) => one.name === name);
  return new Bytes(section ? wasm.subarray(section.at, section.at + section.size) : Buffer.of(0));
}

/** How many functions are imported: they come first in the numbering. @param {Buffer} wasm */
function importedFunctions(wasm) {
  const reader = contentsOf(wasm, SECTIONS[IMPORT]);
  const kinds = reader.list(() => {
    reader.text();
    reader.text();
    const kind = reader.byte();
    if (kind !== 0) throw new Failure('The module imports more than functions.');
    reader.number();
    return kind;
  });
  return kinds.length;
}

/** Functions with their names as the linker writes them. @param {Buffer} wasm with a name section @returns {Sized[]} */
export function functionsOf(wasm) {
  const reader = contentsOf(wasm, 'custom: name');
  reader.text();
  /** @type {Map<number, string>} */
  const names = new Map();
  while (reader.at < reader.bytes.length) {
    const kind = reader.byte();
    const part = new Bytes(reader.take());
    if (kind === 1) part.list(() => names.set(part.number(), part.text()));
  }
  const code = contentsOf(wasm, SECTIONS[CODE]);
  const imported = importedFunctions(wasm);
  return code.list(() => code.take().length).map((size, index) => ({ size, name: names.get(index + imported) ?? '' }));
}

/**
 * Whose a function is: a folder of wasm/, a library, or ours by being a template that somebody's type made necessary.
 * @param {string} name demangled
 */
export function ownerOf(name) {
  if (!name.includes('(')) return { folder: 'libc, exports', template: false };
  let path = name.replace(/\boperator.*/, 'operator');
  for (const nested of [/<[^<>]*>/g, /\([^()]*\)/g]) while (nested.test(path)) path = path.replaceAll(nested, '');
  const [first] = path.replace(/( const| volatile| &+| \[.*\])+$/, '').split(' ').at(-1)?.split('::') ?? [];
  if (FOLDERS.includes(first) || LIBRARIES.includes(first)) return { folder: first, template: false };
  if (first !== 'std') return { folder: /^(operator|__cxx|abort)/.test(first) ? 'libc++' : ROOT, template: false };
  const cause = name.match(new RegExp(`\\b(${[...FOLDERS, ...LIBRARIES].join('|')})::|\\b(App|AuthorizationServer|ResourceServer|PageWorld)\\b`));
  if (!cause) return { folder: 'libc++', template: false };
  return { folder: cause[1] ?? ROOT, template: true };
}

/** @param {Sized[]} functions demangled @returns {Folder[]} largest first */
function foldersOf(functions) {
  /** @type {Map<string, Folder>} */
  const folders = new Map();
  for (const { name, size } of functions) {
    const { folder, template } = ownerOf(name);
    const sums = folders.get(folder) ?? { name: folder, own: 0, templates: 0 };
    sums[template ? 'templates' : 'own'] += size;
    folders.set(folder, sums);
  }
  return [...folders.values()].sort((a, b) => b.own + b.templates - (a.own + a.templates));
}

/** The memory that a module begins with, as it lies there. @param {Buffer} wasm */
function memoryOf(wasm) {
  const reader = contentsOf(wasm, SECTIONS[DATA]);
  const segments = reader.list(() => {
    if (reader.number() !== 0 || reader.byte() !== 0x41) throw new Failure('A segment of data is not at a fixed place.');
    const at = reader.number();
    reader.byte(); // end of the expression
    return { at, bytes: reader.take() };
  });
  const memory = Buffer.alloc(Math.max(...segments.map(({ at, bytes }) => at + bytes.length)));
  for (const { at, bytes } of segments) bytes.copy(memory, at);
  return memory;
}

/**
 * Constants by their names; and strings, which the linker has merged and left without names, by how they begin.
 * @param {Buffer} wasm @param {string} map of the linker @returns {Sized[]}
 */
function dataOf(wasm, map) {
  const memory = memoryOf(wasm);
  /** @type {Sized[]} */
  const data = [];
  for (const [, at, size, from, symbol] of map.matchAll(/^\s*([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)\s+(\S+):\((\.[^)]*)\)$/gm)) {
    if (symbol.startsWith('.bss')) continue; // zeros, which are not in the file
    if (from !== '<internal>') {
      data.push({ name: symbol.replace(/^\.(ro)?data\.?/, ''), size: parseInt(size, 16) });
      continue;
    }
    const strings = memory.toString('latin1', parseInt(at, 16), parseInt(at, 16) + parseInt(size, 16));
    for (const text of strings.split('\0')) data.push({ name: JSON.stringify(text.slice(0, 60)), size: text.length + 1 });
  }
  return data;
}

/** Names of C++ as people write them; those that are so already stay. @param {string[]} names */
async function demangled(names) {
  if (!names.some((name) => name.startsWith('_Z'))) return names;
  for (const filter of ['c++filt', 'llvm-cxxfilt']) {
    const { status, stdout } = await run(filter, [], { input: names.join('\n'), tolerant: true });
    if (status === 0) return stdout.trimEnd().split('\n');
  }
  return names;
}

/** Of the shop's module; links a copy of it that has names. @returns {Promise<Parts>} */
export async function measureParts() {
  await cmake('wasm', 'Linking the module with names', 'named');
  const read = (/** @type {string} */ name) => readFileSync(join(PROJECT, 'build/wasm', name));
  const [shipped, named] = [read('deputy.wasm'), read('named.wasm')];
  const sections = sectionsOf(shipped);
  const codeOf = (/** @type {Section[]} */ all) => all.find(({ name }) => name === 'code')?.size;
  if (codeOf(sections) !== codeOf(sectionsOf(named))) throw new Failure('With names the code is not the same: what it tells is about another module.');
  const largestFirst = (/** @type {Sized[]} */ all) => all.sort((a, b) => b.size - a.size);
  const withName = async (/** @type {Sized[]} */ all) => {
    const names = await demangled(all.map(({ name }) => name));
    return all.map(({ size }, index) => ({ name: names[index], size }));
  };
  const functions = largestFirst(await withName(functionsOf(named)));
  const data = largestFirst(await withName(dataOf(named, read('named.map').toString())));
  return {
    wasm: shipped.length,
    sections: sections.map(({ name, size }) => ({ name, size })),
    folders: foldersOf(functions),
    functions,
    data,
  };
}

/** @param {Parts} parts @param {number} most functions and pieces of data */
export function partsTable({ wasm, sections, folders, functions, data }, most) {
  const share = (/** @type {number} */ size) => `${((size / wasm) * 100).toFixed(1)} %`.padStart(7);
  const bytes = (/** @type {number} */ size) => size.toLocaleString('en-US').padStart(9);
  const line = (/** @type {Sized} */ { name, size }) => `  ${bytes(size)} ${share(size)}  ${name}`;
  const short = (/** @type {Sized} */ { name, size }) => ({ name: shortName(name), size });
  const largestSections = sections.toSorted((a, b) => b.size - a.size).filter(({ size }) => size > 0);
  return [
    `The wasm by section, in bytes of ${wasm.toLocaleString('en-US')}:`,
    ...largestSections.map(line),
    '',
    'Its code by folder and library; templates of libraries count for whose types they are made for:',
    `      bytes   share       own  templates`,
    ...folders.map(({ name, own, templates }) => `  ${bytes(own + templates)} ${share(own + templates)} ${bytes(own)}  ${bytes(templates)}  ${name}`),
    '',
    'The largest functions:',
    ...functions.slice(0, most).map(short).map(line),
    '',
    'The largest pieces of data:',
    ...data.slice(0, most).map(short).map(line),
  ].join('\n');
}

/** Fits a line. @param {string} name */
function shortName(name) {
  const plain = name
    .replaceAll('std::__2::', '')
    .replaceAll('(anonymous namespace)::', '')
    .replaceAll('basic_string_view<char, char_traits<char> >', 'string_view')
    .replaceAll('basic_string<char, char_traits<char>, allocator<char> >', 'string')
    .replace(/nlohmann::json_abi\w*::/g, 'nlohmann::')
    .replace(/^decltype\(auto\) __variant_detail::__visitation::__base::__dispatcher<(\w+?)ul>::__dispatch<__variant_detail::__visitation::__variant::__value_visitor</, 'visit[$1] ');
  return plain.length > 110 ? `${plain.slice(0, 109)}…` : plain;
}
