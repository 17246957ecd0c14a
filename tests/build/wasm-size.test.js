/** What `pnpm build --size` tells of the module. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { WASM } from '../../scripts/build.js';
import { functionsOf, ownerOf, sectionsOf } from '../../scripts/wasm-size.js';

/** @param {number} id @param {number[]} contents shorter than 128 bytes */
const section = (id, contents) => [id, contents.length, ...contents];
const text = (/** @type {string} */ value) => [value.length, ...Buffer.from(value)];

describe('the sections of a module', () => {
  test('are all that there is of it', () => {
    const wasm = readFileSync(WASM);
    const sections = sectionsOf(wasm);
    let end = 8;
    for (const { name, size, at } of sections) {
      assert.ok(at - end >= 2 && at - end <= 6, `${name} begins where the one before it ends, after its id and its size`);
      end = at + size;
    }
    assert.equal(end, wasm.length);
    assert.deepEqual(sections.toSorted((a, b) => b.size - a.size).slice(0, 2).map(({ name }) => name), ['code', 'data']);
  });
});

describe('functions', () => {
  const imports = section(2, [1, ...text('host'), ...text('query'), 0, 0]);
  const types = section(1, [1, 0x60, 0, 0]);
  const code = section(10, [2, 2, 0, 0x0b, 4, 0, 1, 1, 0x0b]);
  const names = [0, ...text('query')];
  const named = section(0, [...text('name'), 0, 2, 1, 0x6d, 1, 1 + names.length + 8 + 8, 3, ...names, 1, ...text('first!'), 2, ...text('second')]);
  const wasm = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...types, ...imports, ...section(3, [2, 0, 0]), ...code, ...named]);

  test('have their names and the size of their bodies, and imports are none', () => {
    assert.deepEqual(functionsOf(wasm), [
      { name: 'first!', size: 2 },
      { name: 'second', size: 4 },
    ]);
  });

  /** @type {[string, string, boolean][]} */
  const OWNERS = [
    ['authority::append(core::Context&, authority::Notary const&, authority::Entry const&)', 'authority', false],
    ['mcp::(anonymous namespace)::proceed(mcp::Exchange const&, mcp::CallRecord)', 'mcp', false],
    ['void schema::walk<core::Json>(core::Json const&) const', 'schema', false],
    ['core::Headers::operator[](unsigned long) const', 'core', false],
    ['simdjson::fallback::dom_parser_implementation::stage2(simdjson::dom::document&)', 'simdjson', false],
    ['App::on(core::PrincipalRequest const&, core::Context&)', 'wasm/*.cpp', false],
    ['(anonymous namespace)::bounds(simdjson::dom::element, core::Context&)', 'wasm/*.cpp', false],
    ['std::__2::vector<core::EffectResult, std::__2::allocator<core::EffectResult> >::push_back(core::EffectResult&&)', 'core', true],
    ['decltype(auto) std::__2::__visit<App::handle(core::Input const&)::$_0>(App&&)', 'wasm/*.cpp', true],
    ['std::__2::vector<bool, std::__2::allocator<bool> >::resize(unsigned long, bool)', 'libc++', false],
    ['operator new(unsigned long)', 'libc++', false],
    ['printf_core', 'libc, exports', false],
  ];
  for (const [name, folder, template] of OWNERS) {
    test(`${name} belongs to ${folder}`, () => assert.deepEqual(ownerOf(name), { folder, template }));
  }
});
