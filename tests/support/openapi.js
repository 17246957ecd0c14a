/** An OpenAPI document, and whether answers are what it says. It remembers which it has seen. */
import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';

const METHODS = ['get', 'head', 'post', 'patch', 'delete', 'put', 'options'];

export class Contract {
  #ajv = new Ajv2020({ strict: false });
  /** By schema. @type {Map<object, import('ajv').ValidateFunction>} */
  #validators = new Map();
  /** What was answered: method, path and status. @type {Set<string>} */
  #seen = new Set();

  /** @param {any} document */
  constructor(document) {
    this.document = document;
    this.#ajv.addSchema({ ...document, $id: 'api' });
  }

  /** Every operation there is. */
  get operations() {
    const paths = Object.entries(/** @type {Record<string, any>} */ (this.document.paths));
    return paths.flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => ({ method: method.toUpperCase(), path, operation: item[method] })));
  }

  /** Follows references. @param {any} node @returns {any} */
  resolve(node) {
    if (!node?.$ref) return node;
    const parts = node.$ref.replace('#/', '').split('/');
    return this.resolve(parts.reduce((/** @type {any} */ at, /** @type {string} */ part) => at[part], this.document));
  }

  /** @param {any} schema @param {unknown} value @returns {string} what is wrong, or nothing */
  wrong(schema, value) {
    let validate = this.#validators.get(schema);
    if (!validate) this.#validators.set(schema, (validate = this.#ajv.compile(schema.$ref ? { $ref: `api${schema.$ref}` } : schema)));
    return validate(value) ? '' : this.#ajv.errorsText(validate.errors);
  }

  /** @param {string} method @param {string} address without its query @param {import('./http.js').Answer} answer */
  check(method, address, answer) {
    const found = this.operations.find(({ path, method: own }) => own === method && new RegExp(`^${path.replace(/\{\w+\}/, '[^/]+')}$`).test(address));
    assert.ok(found, `${method} ${address} is not in the document`);
    const where = `${method} ${found.path} ${answer.status}`;
    const said = this.resolve(found.operation.responses[answer.status]);
    assert.ok(said, `${where} is not in the document: ${answer.text}`);
    this.#seen.add(where);

    for (const [name, reference] of Object.entries(said.headers ?? {})) {
      const header = this.resolve(reference);
      const value = answer.header(name);
      assert.ok(value !== null || !header.required, `${where} lacks ${name}`);
      if (value !== null) assert.equal(this.wrong(header.schema, value), '', `${where}: ${name}: ${value}`);
    }
    if (method === 'HEAD' || !said.content) return assert.equal(answer.text, '', `${where} has a body`);
    const type = (answer.header('Content-Type') ?? '').split(';')[0];
    assert.ok(said.content[type], `${where} is ${type}`);
    const body = type.endsWith('json') ? answer.json : answer.text;
    assert.equal(this.wrong(said.content[type].schema, body), '', where);
    if (type === 'application/problem+json') assert.equal(body.status, answer.status, where);
  }

  /** What the document says may come, and never came. */
  get unseen() {
    return this.operations.flatMap(({ method, path, operation }) => Object.keys(operation.responses).map((status) => `${method} ${path} ${status}`)).filter((each) => !this.#seen.has(each));
  }
}
