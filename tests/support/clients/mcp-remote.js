/** `mcp-remote`: what Claude Desktop starts for a local server. It speaks MCP over its standard input and output. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Desktop } from '../desktop.js';
import { Answer, Inbox } from './agent.js';
import { programOf, start } from './program.js';

/** Long after anything here would be answered: a program that hangs shall say what it was doing. */
const ANSWERS_WITHIN = 45_000;

/** @implements {Agent} @typedef {import('./agent.js').Agent} Agent */
export class McpRemote {
  #url;
  #parameters;
  /** @type {ReturnType<typeof start>} */
  #program;
  #nextId = 1;
  /** @type {Map<number, (message: any) => void>} */
  #waiting = new Map();
  #updates = new Inbox();

  /** @param {string} url of the MCP endpoint @param {string[]} parameters @param {Desktop} desktop */
  constructor(url, parameters, desktop) {
    this.name = ['mcp-remote', ...parameters].join(' ');
    this.human = this.desktop = desktop;
    this.configuration = join(desktop.directory, 'mcp-auth');
    this.#url = url;
    this.#parameters = parameters;
    this.#program = this.#launch();
  }

  /**
   * Starts it and signs in.
   * @param {string} url
   * @param {{ parameters?: string[], prepare?: (desktop: Desktop) => void }} [options]
   */
  static async start(url, { parameters = [], prepare = () => {} } = {}) {
    const desktop = await Desktop.start();
    prepare(desktop);
    const remote = new McpRemote(url, parameters, desktop);
    try {
      await remote.#initialize();
    } catch (error) {
      await remote.close();
      throw error;
    }
    return remote;
  }

  /** As a person does it who restarts the application. */
  async restart() {
    await this.#stop();
    this.#program = this.#launch();
    await this.#initialize();
  }

  #launch() {
    const program = start(programOf('mcp-remote'), [this.#url, ...this.#parameters], {
      ...this.desktop.environment,
      MCP_REMOTE_CONFIG_DIR: this.configuration,
    });
    createInterface(program.child.stdout).on('line', (line) => {
      const message = JSON.parse(line);
      if (!message.method) this.#waiting.get(message.id)?.(message);
      else if (message.method === 'elicitation/create') this.#fill(message);
      else if (message.method === 'notifications/resources/updated') this.#updates.put(message.params.uri);
    });
    return program;
  }

  async #initialize() {
    await this.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: { elicitation: { form: {} } },
      clientInfo: { name: 'a desktop application', version: '1.0.0' },
    });
    this.#send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  /** @param {{ id: unknown, params: any }} question */
  #fill({ id, params }) {
    const { fill } = /** @type {import('./agent.js').Human} */ (this.human);
    this.#send({ jsonrpc: '2.0', id, result: fill?.(params) ?? { action: 'cancel' } });
  }

  /** @param {object} message */
  #send(message) {
    this.#program.child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** @param {string} method @param {object} [params] @returns {Promise<any>} the result */
  async request(method, params = {}) {
    const id = this.#nextId++;
    const answered = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#send({ jsonrpc: '2.0', id, method, params });
    const over = new AbortController();
    const late = sleep(ANSWERS_WITHIN, undefined, { signal: over.signal }).then(() => fail('it does not answer'));
    const ended = this.#program.ended.then((status) => fail(`it ended (${status})`));
    try {
      const { result, error } = await Promise.race([answered, ended, late, this.desktop.broken]);
      if (error) throw new Error(`${error.code} ${error.message}`);
      return result;
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      throw new Error(`${this.name}, ${method}: ${message}\n${this.#program.errors()}`, { cause: error });
    } finally {
      late.catch(() => {});
      over.abort();
    }
  }

  async tools() {
    const { tools } = await this.request('tools/list');
    return tools.map((/** @type {any} */ tool) => tool.name);
  }

  /** @param {string} name @param {Record<string, unknown>} [parameters] */
  async call(name, parameters = {}) {
    return new Answer(await this.request('tools/call', { name, arguments: parameters }));
  }

  async resources() {
    const { resources } = await this.request('resources/list');
    return resources.map((/** @type {any} */ { uri }) => uri);
  }

  /** @param {string} uri */
  async read(uri) {
    const { contents } = await this.request('resources/read', { uri });
    return JSON.parse(contents[0].text);
  }

  /** @param {string} name @param {Record<string, string>} [parameters] */
  async prompt(name, parameters = {}) {
    return (await this.request('prompts/get', { name, arguments: parameters })).messages;
  }

  /** @param {import('./agent.js').Reference} ref @param {string} name @param {string} value */
  async complete(ref, name, value) {
    return (await this.request('completion/complete', { ref, argument: { name, value } })).completion.values;
  }

  /** @param {string} uri */
  async follow(uri) {
    await this.request('resources/subscribe', { uri });
    return { updates: this.#updates, end: () => this.request('resources/unsubscribe', { uri }) };
  }

  async credentials() {
    const kept = (/** @type {string} */ file) => {
      const path = readdirSync(this.configuration, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith(file));
      return JSON.parse(readFileSync(join(this.configuration, path ?? file), 'utf8'));
    };
    return { ...kept('_tokens.json'), client_id: kept('_client_info.json').client_id };
  }

  /** What it writes for the person who looks at its log. */
  log() {
    return this.#program.errors();
  }

  async #stop() {
    const { child, ended } = this.#program;
    child.stdin.end(); // as an application does that closes
    const late = sleep(3000, undefined, { ref: false }).then(() => child.kill('SIGKILL'));
    await Promise.race([ended, late.then(() => ended)]);
  }

  async close() {
    await this.#stop();
    await this.desktop.close();
  }
}

/** @param {string} message @returns {never} */
function fail(message) {
  throw new Error(message);
}
