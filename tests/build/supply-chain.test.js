/** What is built, from what, and by whose code. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { PROJECT } from '../../scripts/run.js';
import { SBOM, writeSbom } from '../../scripts/sbom.js';

const read = (/** @type {string} */ path) => readFileSync(join(PROJECT, path), 'utf8');
const { dependencies, devDependencies } = JSON.parse(read('package.json'));
const MODULES = ['deputy', 'todo', 'todo_api'].map((name) => `build/wasm/${name}.wasm`);

/** One name for each package and version that the lock file holds, with what it says of it. */
function locked() {
  const section = read('pnpm-lock.yaml').split(/^packages:$/m).at(-1)?.split(/^snapshots:$/m)[0] ?? '';
  return [...section.matchAll(/^ {2}'?([^\s'][^\n]*?)'?:\n((?: {4}.*\n)+)/gm)].map(([, name, facts]) => ({ name, facts }));
}

describe('packages', () => {
  test('are named in exact versions', () => {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) assert.match(/** @type {string} */ (version), /^\d+\.\d+\.\d+(-[\w.]+)?$/, name);
  });

  test('are locked with their hashes, and come from the registry alone', () => {
    const packages = locked();
    assert.ok(packages.length > 100, `${packages.length} packages`);
    for (const { name, facts } of packages) {
      assert.match(facts, /resolution: \{integrity: sha512-[\w+/]+={0,2}\}/, name);
      assert.doesNotMatch(facts, /tarball:|git\+|type: (git|directory)/, name);
    }
  });

  test('run install scripts by name only', () => {
    const allowed = read('pnpm-workspace.yaml').match(/^allowBuilds:\n((?: {2}.*\n)+)/m)?.[1] ?? '';
    const names = [...allowed.matchAll(/^ {2}'?([\w@/-]+)'?: true( # \S.*)?$/gm)];
    assert.deepEqual(names.map(([, name]) => name).sort(), ['esbuild', 'node', 'workerd']);
    assert.ok(names.every(([, , reason]) => reason), 'each with the reason');
    assert.doesNotMatch(read('pnpm-workspace.yaml'), /dangerouslyAllowAllBuilds/);
  });
});

describe('the bill of materials', () => {
  /** @type {any} */
  let bom;
  before(async () => {
    await writeSbom();
    bom = JSON.parse(readFileSync(SBOM, 'utf8'));
  });
  const named = (/** @type {string} */ name) => bom.components.find((/** @type {any} */ component) => [component.group, component.name].filter(Boolean).join('/') === name);

  test('has each package of production and each library of the modules, with version and licence', () => {
    for (const [name, version] of Object.entries(dependencies)) assert.equal(named(name)?.version, version, name);
    assert.equal(named('simdjson').version, devDependencies['@nozbe/simdjson']);
    assert.match(named('nlohmann-json').version, /^3\.\d+\.\d+$/);
    for (const component of bom.components.filter((/** @type {any} */ { type }) => type === 'library')) {
      const [{ license, expression }] = component.licenses;
      assert.ok(license?.id ?? expression, component.name);
      assert.ok(component.purl, component.name);
    }
    assert.match(bom.metadata.tools.components.find((/** @type {any} */ { name }) => name === 'emscripten').version, /^\d+\.\d+\.\d+$/);
  });

  test('and docs/SUPPLY-CHAIN.md name the same', () => {
    const rows = [...read('docs/SUPPLY-CHAIN.md').matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)].map(([, name, licence]) => `${name}: ${licence.trim()}`);
    const libraries = bom.components
      .filter((/** @type {any} */ { type }) => type === 'library')
      .map((/** @type {any} */ { group, name, licenses: [{ license, expression }] }) => `${[group, name].filter(Boolean).join('/')}: ${license?.id ?? expression}`);
    assert.deepEqual(rows.sort(), libraries.sort());
  });

  test('has the hash of each module, which is also what the module is told to be', () => {
    for (const path of MODULES) {
      const hash = createHash('sha256').update(readFileSync(join(PROJECT, path))).digest('hex');
      assert.equal(named(path).hashes[0].content, hash);
      assert.equal(read(`${path}.txt`).split(' ')[0], hash);
    }
  });
});

test('no module knows where it was built', () => {
  const places = [PROJECT.replace(/\/$/, ''), '/usr/include', '/usr/share'];
  assert.deepEqual(globSync('build/wasm/*.wasm', { cwd: PROJECT }).filter((path) => MODULES.includes(path)).sort(), [...MODULES].sort());
  for (const path of MODULES) {
    const bytes = readFileSync(join(PROJECT, path));
    for (const place of places) assert.equal(bytes.indexOf(place), -1, `${path}: ${place}`);
  }
});
