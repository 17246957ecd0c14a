// docs/AUTHORIZATION-TESTS.md against the tests: what it names is there, and what belongs into it is in it.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** Files whose every test is a row, or a part of one. */
const MATRIX = ['tests/worker/*-matrix.test.js', 'tests/worker/neighbour.test.js', 'tests/worker/client-documents.test.js'];

/** @param {string} path */
const read = (path) => readFileSync(join(PROJECT, path), 'utf8');

/** The names of a file's tests, as they are written there. @param {string} path */
function testsOf(path) {
  const calls = read(path).matchAll(/\b(?:test|TEST_CASE)\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g);
  return [...calls].map(([, single, double, template]) => (single ?? double ?? template).replaceAll(/\\(['"`\\])/g, '$1'));
}

const rows = read('docs/AUTHORIZATION-TESTS.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| requirement |'))
  .map((line) => line.split(' | '));

const named = rows.flatMap((row) =>
  row[2].replace(/ \|$/, '').split('<br>').map((entry) => {
    const [, file, name] = entry.match(/^`([\w./-]+)`: (.+)$/) ?? assert.fail(`this names no test: ${entry}`);
    return { path: file.includes('/') ? file : `tests/worker/${file}`, name };
  }),
);

test('each requirement has its section of a specification, and its tests', () => {
  assert.ok(rows.length > 50, `${rows.length} rows`);
  for (const row of rows) {
    assert.equal(row.length, 3, row.join(' | '));
    assert.match(row[1], /RFC \d{4}|OAuth 2\.1|MCP|CIMD|Fetch|CSP/, row[0]);
  }
});

test('each test that is named is there, to the letter', () => {
  for (const { path, name } of named) assert.ok(testsOf(path).includes(name), `${path} has no test called: ${name}`);
});

test('each test of the matrix is named', () => {
  const files = MATRIX.flatMap((pattern) => globSync(pattern, { cwd: PROJECT }));
  assert.ok(files.length >= 6, `${files}`);
  for (const file of files) {
    for (const name of testsOf(file)) assert.ok(named.some((each) => each.path === file && each.name === name), `no row names ${file}: ${name}`);
  }
});

test('secrets are compared in constant time, and in no other way', () => {
  const callers = globSync('wasm/**/*.cpp', { cwd: PROJECT }).filter((path) => read(path).includes('equal_in_constant_time('));
  assert.deepEqual(callers.sort(), ['wasm/core/crypto.cpp', 'wasm/identity/keys.cpp', 'wasm/identity/page_guard.cpp', 'wasm/mcp/session_id.cpp', 'wasm/webhooks.cpp']);
  // Where a MAC, the page's token or a signature stands beside another operator, somebody compares it by that.
  for (const [path, secret] of [['wasm/identity/keys.cpp', /tag\([^)]*\)/], ['wasm/identity/page_guard.cpp', /session\.csrf/], ['wasm/mcp/session_id.cpp', /mac\([^)]*\)/], ['wasm/webhooks.cpp', /hmac_sha256\([^)]*\)\)?/]]) {
    const beside = new RegExp(`(==|!=|compare\\(|find\\()\\s*${/** @type {RegExp} */ (secret).source}|${/** @type {RegExp} */ (secret).source}\\s*(==|!=)`);
    assert.ok(!beside.test(read(String(path))), `${path} compares a secret by an operator that ends early`);
  }
});
