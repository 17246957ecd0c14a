// The life of a grant in docs/AUTHORITY.md is drawn from its table in wasm/authority/lifecycle.h. After a change there:
//
//   node tests/docs/authority.test.js --write

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENT = join(PROJECT, 'docs/AUTHORITY.md');
const BEGIN = '<!-- drawn from wasm/authority/lifecycle.h: node tests/docs/authority.test.js --write -->\n';
const END = '<!-- end of what is drawn -->\n';

const table = readFileSync(join(PROJECT, 'wasm/authority/lifecycle.h'), 'utf8');

const transitions = [...table.matchAll(/\{State::(\w+), Event::(\w+), State::(\w+)\}/g)].map(([, from, event, to]) => ({ from, event, to }));
const [, states] = table.match(/enum class State \{ ([\w, ]+) \};/) ?? [];
const [, events] = table.match(/enum class Event \{\n([\s\S]*?)\};/) ?? [];
const ended = table.match(/constexpr bool has_ended[\s\S]*?\}/)?.[0] ?? '';

function drawn() {
  const lines = ['  [*] --> active: its human allows it'];
  for (const { from, event, to } of transitions) {
    if (from !== to) lines.push(`  ${from} --> ${to}: ${event}`);
  }
  for (const state of states.split(', ')) {
    if (ended.includes(`State::${state}`)) lines.push(`  ${state} --> [*]`);
  }
  const rows = [...events.matchAll(/(\w+),\s*\/\/ (.*)/g)].map(([, event, when]) => `| ${event} | ${when} |`);
  return ['```mermaid', 'stateDiagram-v2', ...lines, '```', '', '| event | when |', '|---|---|', ...rows, ''].join('\n');
}

/** Where the drawn part of the document is. @param {string} document */
function place(document) {
  const from = document.indexOf(BEGIN) + BEGIN.length;
  const to = document.indexOf(END);
  assert.ok(from >= BEGIN.length && to >= from, `docs/AUTHORITY.md needs these two lines:\n${BEGIN}${END}`);
  return { from, to };
}

if (process.argv.includes('--write')) {
  const document = readFileSync(DOCUMENT, 'utf8');
  const { from, to } = place(document);
  writeFileSync(DOCUMENT, document.slice(0, from) + drawn() + document.slice(to));
} else {
  test('all of the table was read', () => {
    const count = states.split(', ').length * [...events.matchAll(/^ +\w+,/gm)].length;
    assert.ok(count > 0);
    assert.equal(transitions.length, count);
    assert.equal(new Set(transitions.map(({ from, event }) => `${from} ${event}`)).size, count);
  });

  test('the life of a grant is drawn as it is', () => {
    const document = readFileSync(DOCUMENT, 'utf8');
    const { from, to } = place(document);
    assert.equal(document.slice(from, to), drawn(), 'run: node tests/docs/authority.test.js --write');
  });
}
