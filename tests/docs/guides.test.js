// The documents against the repository: their code is the code of a file, their links lead somewhere, and what they name
// is there. In the documents these comments say what a test cannot see:
//
//   <!-- from docs/examples/split_bill.cpp -->   the next block is a part of that file, line for line
//   <!-- yours -->                               the next block is for the reader to write
//   <!-- yours: wasm/notes build/mine -->        these files are the reader's, so they need not be here

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** @param {string} path */
const read = (path) => readFileSync(join(PROJECT, path), 'utf8');
/** @param {string} path */
const isThere = (path) => globSync(path.replace(/\/$/, ''), { cwd: PROJECT }).length > 0;

const SCRIPTS = Object.keys(JSON.parse(read('package.json')).scripts);
const SUITES = [...read('scripts/test.js').matchAll(/^ {2}\{ name: '(\w+)'/gm)].map(([, name]) => name);
/** pnpm's own commands that documents use. */
const PNPM = ['install', 'licenses', 'run'];

/** Folders whose files are named by their whole path; those below wasm/ also without it. */
const FOLDERS = ['wasm', 'shim', 'web', 'dev', 'scripts', 'tests', 'docs'];
const WASM_FOLDERS = ['core', 'mcp', 'authority', 'identity', 'shop', 'schema', 'module'];
const FILE = /\.(cpp|h|js|ts|md|html|css|svg|toml|json|txt|cmake)$/;

/**
 * @typedef {{ line: number, language: string, text: string, mark?: string }} Block
 * @typedef {{ path: string, prose: string, blocks: Block[], links: string[], spans: string[], yours: string[] }} Document
 */

/** @param {string} path @returns {Document} */
function parse(path) {
  const lines = read(path).split('\n');
  /** @type {Block[]} */
  const blocks = [];
  /** @type {string[]} */
  const prose = [];
  /** @type {Block | undefined} */
  let open;
  let depth = 0;
  for (const [at, line] of lines.entries()) {
    const [, indent, language] = line.match(/^( *)```(\w*)$/) ?? [];
    if (open && language === '') open = void blocks.push(open);
    else if (open) open.text += `${line.slice(depth)}\n`;
    else if (language !== undefined) {
      depth = indent.length;
      open = { line: at + 1, language, text: '', mark: lines[at - 1]?.match(/^ *<!-- (.*) -->$/)?.[1] };
    } else prose.push(line);
  }
  assert.equal(open, undefined, `${path}: a block is not closed`);
  const text = prose.join('\n');
  const withoutCode = text.replace(/`[^`\n]*`/g, '');
  return {
    path,
    prose: text,
    blocks,
    links: [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target).filter((target) => !/^[a-z]+:/.test(target)),
    spans: [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span),
    yours: [...text.matchAll(/^<!-- yours: (.*) -->$/gm)].flatMap(([, list]) => list.split(' ')),
  };
}

/** The anchors of a document's headings, as GitHub makes them. @param {string} path */
function anchors(path) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return [...parse(path).prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

/** What a person would write for the value of a constant. @param {string} value as C++ has it */
function inWords(value) {
  const plain = value.replaceAll(/['_]/g, '').trim();
  const [, unit, digits] = plain.match(/^core::(\w+)\((\d+)\)$/) ?? [];
  if (unit === 'milliseconds' && digits.endsWith('000')) return inWords(`core::seconds(${digits.slice(0, -3)})`);
  if (unit) return `${digits} ${digits === '1' ? unit.replace(/s$/, '') : unit}`;
  if (plain === '1024 * 1024') return '1 MiB';
  return Number(plain).toLocaleString('en-US');
}

const DOCUMENTS = ['README.md', ...globSync('docs/*.md', { cwd: PROJECT })].sort().map(parse);

for (const { path, prose, blocks, links, spans, yours } of DOCUMENTS) {
  describe(path, () => {
    test('its code is the code of the file that it names', () => {
      for (const { line, language, text, mark } of blocks) {
        const source = mark?.match(/^from (\S+)$/)?.[1];
        const where = `${path}:${line}`;
        if (language === 'cpp') assert.ok(source || mark === 'yours', `${where}: C++ that does not say which file it is from`);
        if (!source) continue;
        assert.ok(existsSync(join(PROJECT, source)), `${where}: there is no ${source}`);
        assert.ok(`\n${read(source)}`.includes(`\n${text}`), `${where}: this is not what ${source} says`);
      }
    });

    test('its links lead somewhere', () => {
      for (const link of links) {
        const [file, anchor] = link.split('#');
        const target = file ? normalize(join(dirname(path), file)) : path;
        assert.ok(existsSync(join(PROJECT, target)), `${path} links to ${link}`);
        if (anchor) assert.ok(anchors(target).includes(anchor), `${path} links to ${link}, which is no heading of ${target}`);
      }
    });

    test('the files that it names are there', () => {
      for (const span of spans) {
        const [name] = span.split(/[\s:]/);
        const [folder] = name.split('/');
        const path_ = FOLDERS.includes(folder) && name.includes('/');
        const inWasm = WASM_FOLDERS.includes(folder) && FILE.test(name) && name.includes('/');
        const atRoot = !name.includes('/') && /^[\w.]+\.(md|toml|txt)$/.test(name);
        if (!(path_ || inWasm || atRoot) || /[<>{}…?]/.test(name)) continue;
        if (yours.some((own) => name === own || name.startsWith(`${own}/`))) continue;
        assert.ok(isThere(name) || (inWasm && isThere(`wasm/${name}`)), `${path} names ${name}`);
      }
    });

    test('the scripts and suites that it names exist', () => {
      for (const text of [...spans, ...blocks.filter(({ language }) => language === 'bash').map((block) => block.text)]) {
        for (const [, first, second] of text.matchAll(/\bpnpm(?:@\d+)? ([a-z:]+)(?: ([a-z:]+))?/g)) {
          const name = first === 'run' && second ? second : first;
          assert.ok(SCRIPTS.includes(name) || PNPM.includes(name), `${path} names the script ${name}`);
        }
        for (const [, suite] of text.matchAll(/--only (\w+)/g)) {
          assert.ok(suite === 'NAME' || SUITES.includes(suite), `${path} names the suite ${suite}`);
        }
      }
    });

    test('its limits are those of the code', () => {
      // A row of a table that ends with a constant and its file: | what | value | `kName` in `file` |
      for (const [row, value, name, file] of prose.matchAll(/^\|[^|]*\| ([^|]*) \| `(k\w+|[A-Z_]+)` in `([^`]+)` \|$/gm)) {
        const defined = read(file).match(new RegExp(`\\b${name} = ([^;]+);`))?.[1];
        assert.ok(defined, `${path}: ${file} has no ${name}`);
        const unit = name.endsWith('_MS') ? 'core::milliseconds' : '';
        assert.equal(value, inWords(unit ? `${unit}(${defined})` : defined), `${path}: ${row}`);
      }
    });
  });
}

test('every example is explained', () => {
  const shown = DOCUMENTS.flatMap(({ blocks }) => blocks.map(({ mark }) => mark));
  for (const file of globSync('docs/examples/*.cpp', { cwd: PROJECT })) {
    const named = shown.includes(`from ${file}`) || shown.includes(`from ${file.replace(/cpp$/, 'h')}`);
    assert.ok(named, `no document shows anything of ${file}`);
  }
});
