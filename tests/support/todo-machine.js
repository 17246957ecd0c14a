/** The whole to-do system with a memory: the MCP server, the Todo API and the issuer, and what passes between them. */
import { randomBytes } from 'node:crypto';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PEOPLE } from '../../dev/people.js';
import { startIssuer } from '../../dev/issuer.js';
import { freePort } from '../../dev/stack.js';
import { known, startTodoStack, variablesFor } from '../../dev/todo-stack.js';
import { ApiTap } from './api-tap.js';
import { AuthorityPage } from './authority-page.js';
import { IssuerClient } from './issuer-client.js';
import { Endpoint } from './mcp.js';
import { startWorker } from './worker.js';

/** All that a client may ask for, as the server's challenge has it. */
export const SCOPE = 'openid profile todo_api:read todo_api:write';

/**
 * @typedef {object} Options
 * @property {Record<string, string>} [vars] of the MCP server
 * @property {Record<string, string>} [apiVars] of the Todo API
 * @property {number} [callLimit] calls of a deputy in a minute; none unless told, for tests are faster than any client
 * @property {number} [people] how many more than usual can sign in, person1@example.com and so on
 * @property {Partial<import('../../dev/issuer.js').Options>} [issuer]
 * @property {boolean} [dev] as `pnpm dev:todo` runs it
 *
 * @typedef {import('./worker.js').RunningWorker} RunningWorker
 */

export class TodoMachine {
  api = new ApiTap();
  /** @type {{ server: RunningWorker, api: RunningWorker, stop: () => Promise<unknown> } | import('../../dev/todo-stack.js').TodoStack | undefined} */
  #workers;
  /** @type {import('../../dev/issuer.js').Issuer | undefined} */
  #issuer;
  #storage = mkdtempSync(join(tmpdir(), 'mcp-todo-storage-'));
  #port = 0;
  #options;
  #own;
  #people;
  #met = 0;

  /** @param {Options} [options] */
  constructor(options = {}) {
    this.#options = options;
    this.#own = { AUTHORITY_SECRET: randomBytes(32).toString('base64url'), CALLS_PER_MINUTE: String(options.callLimit ?? 0) };
    this.#people = Array.from({ length: options.people ?? 0 }, (_, index) => ({ firstName: 'Person', lastName: `${index + 1}`, email: `person${index + 1}@example.com` }));
  }

  async start() {
    this.#port = await freePort();
    await this.api.start();
    this.#issuer = await startIssuer({ ...known(this.#port, this.api.url), people: [...PEOPLE, ...this.#people], ...this.#options.issuer });
    this.#workers = this.#options.dev ? await this.#startDev() : await this.#startWorkers();
    this.api.target = this.#workers.api.url;
  }

  #startDev() {
    const { vars, apiVars } = this.#options;
    return startTodoStack({ ports: { server: this.#port }, vars: { ...this.#own, ...vars }, apiVars, issuer: this.issuer, apiUrl: this.api.url, persistTo: this.#storage });
  }

  async #startWorkers() {
    const { vars, apiVars } = this.#options;
    const told = variablesFor(this.api.url, this.issuer);
    const [server, api] = await Promise.all([
      startWorker({ environment: 'todo', port: this.#port, persistTo: join(this.#storage, 'todo'), vars: { ...told.server, ...this.#own, ...vars } }),
      startWorker({ environment: 'todo-api', persistTo: join(this.#storage, 'todo-api'), vars: { ...told.api, ...apiVars } }),
    ]);
    return { server, api, stop: () => Promise.all([server.stop(), api.stop()]) };
  }

  /** The MCP server loses its power: nobody is asked, nothing is finished. Then it starts again. */
  async crash() {
    const { server } = this.#running;
    if (!('back' in server)) throw new Error('pnpm dev:todo does not come back');
    await server.kill();
    await server.back();
  }

  async stop() {
    await this.#workers?.stop();
    await this.#issuer?.close();
    this.api.stop();
    rmSync(this.#storage, { recursive: true, force: true });
  }

  get #running() {
    if (!this.#workers) throw new Error('the machine has not been started');
    return this.#workers;
  }

  get url() {
    return this.#running.server.url;
  }

  /** Where MCP is spoken; also what tokens for this server are for. */
  get endpoint() {
    return `${this.url}/mcp`;
  }

  get issuer() {
    if (!this.#issuer) throw new Error('the machine has not been started');
    return this.#issuer;
  }

  /** Everything that both Workers have printed. */
  get logs() {
    return this.#running.server.logs() + this.#running.api.logs();
  }

  /** Somebody whom no other test knows. */
  somebody() {
    const person = this.#people[this.#met++];
    if (!person) throw new Error('nobody is left: give the machine more people');
    return person.email;
  }

  /**
   * A deputy that has signed in, and that its human has not seen yet.
   * @param {{ person?: string, scope?: string, name?: string, client?: IssuerClient }} [who]
   */
  async appoint({ person = this.somebody(), scope = SCOPE, name = 'Test Client', client } = {}) {
    const registered = client ?? (await IssuerClient.register(this.issuer.url, this.endpoint, { client_name: name }));
    const { status, body } = await registered.redeem(await registered.authorize({ person }, { scope }));
    if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
    const { access_token: accessToken, refresh_token: refreshToken } = /** @type {Record<string, string>} */ (body);
    return { person, sub: person.split('@')[0], client: registered, accessToken, refreshToken, mcp: this.mcp(accessToken) };
  }

  /**
   * A deputy that its human has seen, and lets do what a preset says.
   * @param {string} [preset] @param {{ person?: string, most?: number }} [how] `most` instead of each limit's own
   */
  async deputize(preset = 'keep', { person, most } = {}) {
    const deputy = await this.appoint({ person });
    await deputy.mcp.call('get_my_todo_list');
    const page = await this.page(deputy.person);
    const grant = await page.allow(preset, { client: deputy.client.clientId, most });
    return { ...deputy, page, grant };
  }

  /** @param {string} [token] */
  mcp(token) {
    return new Endpoint(this.endpoint, token);
  }

  /** The page of somebody who signs in to it at the issuer. @param {string} person */
  page(person) {
    return AuthorityPage.openAtIssuer(this.url, { person });
  }

  /** The requests for exchanged tokens of a person, from the oldest on. @param {string} sub */
  exchangesOf(sub) {
    return this.issuer.recorded.filter(({ grantType, subject }) => grantType?.endsWith(':token-exchange') && subject?.sub === sub);
  }

  /** What reached the API for a person. @param {string} sub */
  requestsOf(sub) {
    return this.api.requests.filter(({ claims }) => claims?.sub === sub);
  }

  // ---- Looking into the storage, past the Workers ----

  /** The files of one Worker's objects, each of one principal. @param {'todo' | 'todo-api'} worker */
  objects(worker) {
    return globSync(`${worker}/v3/do/*-Principal/*.sqlite`, { cwd: this.#storage })
      .filter((file) => !file.endsWith('metadata.sqlite'))
      .map((file) => join(this.#storage, file));
  }

  /** All rows of a table, of all objects of a Worker. @param {'todo' | 'todo-api'} worker @param {string} table */
  rows(worker, table) {
    return this.objects(worker).flatMap((file) => {
      const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
      try {
        const there = database.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table);
        return there ? database.prepare(`SELECT * FROM ${table}`).all() : [];
      } finally {
        database.close();
      }
    });
  }
}
