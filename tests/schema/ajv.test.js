/**
 * The validator in C++ beside ajv, on schemas and values from a random generator: what one calls valid, the other must
 * call valid. SCHEMA_SEED=<number> repeats a run, SCHEMA_COUNT=<number> makes it longer or shorter.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { PROJECT } from '../../scripts/run.js';

const PROGRAM = join(PROJECT, 'build/native/schema_verdicts');
const SEED = Number(process.env.SCHEMA_SEED ?? Date.now() % 1_000_000);
const COUNT = Number(process.env.SCHEMA_COUNT ?? 1000);
const INSTANCES = 8;

/** @typedef {boolean | { [keyword: string]: unknown }} Schema */

/**
 * What ajv 8 does otherwise than the specification says is not generated:
 * - It notes while compiling which members and items are evaluated, and is wrong, or throws, where that depends on
 *   which subschemas fit. Schemas with unevaluated... have no such subschemas here; the official suite has them.
 * - Beside items or prefixItems it lets the empty array pass whatever must be contained.
 */
const CONDITIONAL = ['anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas', 'contains', 'patternProperties'];
const UNEVALUATED = ['unevaluatedProperties', 'unevaluatedItems'];

/** Mulberry32: small, and the same on every machine. @param {number} seed */
function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Generator {
  /** @param {number} seed */
  constructor(seed) {
    this.random = randomNumbers(seed);
    this.unevaluated = false;
  }

  /** @param {number} end */
  below(end) {
    return Math.floor(this.random() * end);
  }
  /** @template T @param {readonly T[]} list @returns {T} */
  one(list) {
    return list[this.below(list.length)];
  }
  /** @template T @param {number} most @param {() => T} make @returns {T[]} */
  some(most, make) {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  name = () => this.one(['a', 'b', 'c', 'ab', 'x/y']);
  number = () => this.one([0, 1, 2, 3, -1, -2, 1.5, 0.5, -0.5, 4, 6, 10, 1e3]);
  text = () => this.one(['', 'a', 'b', 'ab', 'aab', 'abc', 'é', '😀', '😀😀a', 'A1', '2024-02-29', 'b\n']);
  pattern = () =>
    this.one(['a', '^a', 'b$', '^[a-c]+$', '^.$', '^..$', '\\d', '^\\p{L}+$', '(a|ab)(c|bcd)?', '^(?!a)', '^(.)\\1', '\\bb', '^$', '[^a]', '(?<=a)b']);

  /** @param {number} depth @returns {unknown} */
  value(depth) {
    const kind = this.below(depth > 0 ? 9 : 6);
    if (kind === 0) return null;
    if (kind === 1) return this.random() < 0.5;
    if (kind <= 3) return this.number();
    if (kind <= 5) return this.text();
    if (kind === 6) return this.some(4, () => this.value(depth - 1));
    return Object.fromEntries(this.some(4, () => [this.name(), this.value(depth - 1)]));
  }

  /** A value that a schema's keywords may speak of, more often than by chance. @param {Schema} schema @param {number} depth @returns {unknown} */
  hinted(schema, depth) {
    if (typeof schema === 'boolean' || depth === 0 || this.below(4) === 0) return this.value(depth);
    if ('const' in schema) return schema.const;
    if (Array.isArray(schema.enum) && schema.enum.length > 0) return this.one(schema.enum);
    const { properties, prefixItems, items } = /** @type {any} */ (schema);
    if (properties) {
      const members = Object.entries(properties).map(([name, child]) => [name, this.hinted(/** @type {Schema} */ (child), depth - 1)]);
      return Object.fromEntries([...members.filter(() => this.below(4) > 0), ...this.some(1, () => [this.name(), this.value(1)])]);
    }
    if (prefixItems) return [...prefixItems.map((/** @type {Schema} */ child) => this.hinted(child, depth - 1)), ...this.some(1, () => this.value(1))];
    if (items !== undefined) return this.some(3, () => this.hinted(items, depth - 1));
    return this.value(depth);
  }

  types() {
    const types = ['string', 'number', 'integer', 'object', 'array', 'boolean', 'null'];
    if (this.below(3) > 0) return this.one(types);
    return types.filter(() => this.below(3) === 0).concat('object').filter((type, i, all) => all.indexOf(type) === i);
  }

  /** @param {number} depth @returns {Schema} */
  schema(depth) {
    if (this.below(12) === 0) return this.random() < 0.7;
    /** @type {Record<string, () => unknown>} */
    const simple = {
      type: () => this.types(),
      const: () => this.value(2),
      enum: () => [this.value(1), ...this.some(3, () => this.value(1))],
      multipleOf: () => this.one([1, 2, 3, 0.5]),
      maximum: this.number,
      exclusiveMaximum: this.number,
      minimum: this.number,
      exclusiveMinimum: this.number,
      maxLength: () => this.below(4),
      minLength: () => this.below(3),
      pattern: this.pattern,
      maxItems: () => this.below(4),
      minItems: () => this.below(3),
      uniqueItems: () => this.random() < 0.8,
      maxProperties: () => this.below(4),
      minProperties: () => this.below(3),
      required: () => [...new Set(this.some(2, this.name))],
      dependentRequired: () => ({ [this.name()]: [...new Set(this.some(2, this.name))] }),
      format: () => this.one(['email', 'date', 'unheard']),
    };
    const child = () => this.schema(depth - 1);
    const list = () => [child(), ...this.some(2, child)];
    const map = () => Object.fromEntries([[this.name(), child()], ...this.some(2, () => [this.name(), child()])]);
    /** @type {Record<string, () => unknown>} */
    const nested = {
      properties: map,
      patternProperties: () => ({ [this.pattern()]: child() }),
      additionalProperties: child,
      propertyNames: child,
      dependentSchemas: map,
      prefixItems: list,
      items: child,
      contains: child,
      allOf: list,
      anyOf: list,
      oneOf: list,
      not: child,
      if: child,
      then: child,
      else: child,
      unevaluatedProperties: child,
      unevaluatedItems: child,
      $ref: () => this.one(['#/$defs/a', '#/$defs/b', '#anchor']),
    };
    for (const name of this.unevaluated ? CONDITIONAL : UNEVALUATED) delete nested[name];
    /** @type {{ [keyword: string]: unknown }} */
    const schema = {};
    for (let i = this.below(5); i >= 0; --i) {
      const keywords = depth > 0 && this.below(3) > 0 ? nested : simple;
      const name = this.one(Object.keys(keywords));
      schema[name] = keywords[name]();
    }
    if ('prefixItems' in schema || 'items' in schema) delete schema.contains;
    if ('contains' in schema && this.below(2) === 0) schema.minContains = this.below(3);
    if ('contains' in schema && this.below(3) === 0) schema.maxContains = 1 + this.below(2);
    return schema;
  }

  /** References go to schemas that refer to nothing, or else some would never end. */
  root() {
    this.unevaluated = this.below(3) === 0;
    const schema = this.schema(3);
    if (typeof schema === 'boolean') return schema;
    const withoutReferences = () => JSON.parse(JSON.stringify(this.schema(2)).replaceAll(/"\$ref":"[^"]*"/g, '"title":""'));
    const anchored = withoutReferences();
    const b = typeof anchored === 'boolean' ? { not: !anchored } : anchored;
    return { ...schema, $defs: { a: withoutReferences(), b: { $anchor: 'anchor', ...b } } };
  }
}

const plural = (/** @type {number} */ count, /** @type {string} */ noun) => `${count} ${noun}s`;

test('the validator and ajv come to the same verdicts', { timeout: 170_000 }, (context) => {
  const generator = new Generator(SEED);
  const tasks = Array.from({ length: COUNT }, () => {
    const schema = generator.root();
    return { schema, instances: Array.from({ length: INSTANCES }, () => generator.hinted(schema, 3)) };
  });
  const input = tasks.map((task) => `${JSON.stringify(task)}\n`).join('');
  const { status, stdout, stderr } = spawnSync(PROGRAM, { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  assert.equal(status, 0, stderr);
  const answers = stdout.trimEnd().split('\n');
  assert.equal(answers.length, tasks.length);

  /** @type {Record<string, number>} */
  const count = { '+': 0, '-': 0 };
  tasks.forEach(({ schema, instances }, i) => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });
    ajv.opts.unevaluated = UNEVALUATED.some((keyword) => JSON.stringify(schema).includes(keyword));
    const validate = ajv.compile(schema);
    const wanted = instances.map((instance) => (validate(instance) ? '+' : '-'));
    for (const verdict of wanted) count[verdict]++;
    const differing = instances.filter((_, k) => answers[i][k] !== wanted[k]).map((instance) => JSON.stringify(instance));
    const message = `seed ${SEED}, schema ${i}: ${JSON.stringify(schema)}\n${answers[i]}, ajv ${wanted.join('')}: ${differing.join('  ')}`;
    assert.equal(answers[i], wanted.join(''), message);
  });
  context.diagnostic(`seed ${SEED}: ${plural(COUNT, 'schema')}, ${count['+']} valid and ${count['-']} other values`);
  // A generator whose values never, or always, follow its schemas would show nothing.
  assert.ok(Math.min(count['+'], count['-']) > (COUNT * INSTANCES) / 10);
});
