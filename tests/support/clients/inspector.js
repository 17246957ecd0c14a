/** `@modelcontextprotocol/inspector --cli`: a program for each call; what it signed in for it keeps in files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../dev/stack.js';
import { Desktop } from '../desktop.js';
import { Answer } from './agent.js';
import { programOf, start } from './program.js';

/** What it ends with where a tool answered with an error. */
const TOOL_ERROR = 5;

/** @implements {Agent} @typedef {import('./agent.js').Agent} Agent */
export class Inspector {
  /** @param {string} url of the MCP endpoint @param {'legacy' | 'modern'} era @param {Desktop} desktop @param {number} port for its callback */
  constructor(url, era, desktop, port) {
    this.name = `inspector --cli --protocol-era ${era}`;
    this.url = url;
    this.era = era;
    this.human = this.desktop = desktop;
    this.storage = join(desktop.directory, 'inspector');
    this.callback = `http://127.0.0.1:${port}/oauth/callback`;
  }

  /** Signs in, by asking for the tools. @param {string} url @param {'legacy' | 'modern'} era @param {{ prepare?: (desktop: Desktop) => void }} [options] */
  static async start(url, era, { prepare = () => {} } = {}) {
    const desktop = await Desktop.start();
    prepare(desktop);
    const inspector = new Inspector(url, era, desktop, await freePort());
    try {
      await inspector.tools();
    } catch (error) {
      await inspector.close();
      throw error;
    }
    return inspector;
  }

  /** @param {string[]} parameters @returns {Promise<{ status: unknown, output: string, errors: string }>} */
  async run(...parameters) {
    const program = start(
      programOf('@modelcontextprotocol/inspector', 'mcp-inspector'),
      [
        ...['--cli', '--server-url', this.url, '--transport', 'http', '--protocol-era', this.era],
        ...['--callback-url', this.callback, '--format', 'json', ...parameters],
      ],
      {
        ...this.desktop.environment,
        MCP_STORAGE_DIR: this.storage,
        MCP_INSPECTOR_SECRET_STORE: 'file', // and not the keychain of whoever runs this
        MCP_AUTO_OPEN_ENABLED: 'true', // although it has no terminal
      },
    );
    let output = '';
    program.child.stdout.on('data', (/** @type {Buffer} */ chunk) => (output += chunk));
    program.child.stdin.end();
    try {
      const status = await Promise.race([program.ended, this.desktop.broken]);
      return { status, output, errors: program.errors() };
    } finally {
      program.child.kill();
    }
  }

  /** @param {string[]} parameters @returns {Promise<any>} */
  async #result(...parameters) {
    const { status, output, errors } = await this.run(...parameters);
    if (status !== 0 && status !== TOOL_ERROR) throw new Error(`${this.name} ended (${status}):\n${errors}`);
    return JSON.parse(output).result;
  }

  async tools() {
    const { tools } = await this.#result('--method', 'tools/list');
    return tools.map((/** @type {any} */ tool) => tool.name);
  }

  /** @param {string} name @param {Record<string, unknown>} [parameters] */
  async call(name, parameters = {}) {
    const options = ['--tool-name', name, '--tool-args-json', JSON.stringify(parameters)];
    return new Answer(await this.#result('--method', 'tools/call', ...options));
  }

  async resources() {
    const { resources } = await this.#result('--method', 'resources/list');
    return resources.map((/** @type {any} */ { uri }) => uri);
  }

  /** @param {string} uri */
  async read(uri) {
    const { contents } = await this.#result('--method', 'resources/read', '--uri', uri);
    return JSON.parse(contents[0].text);
  }

  /** @param {string} name @param {Record<string, string>} [parameters] */
  async prompt(name, parameters = {}) {
    const pairs = Object.entries(parameters).map((pair) => pair.join('='));
    const options = pairs.length > 0 ? ['--prompt-args', ...pairs] : [];
    return (await this.#result('--method', 'prompts/get', '--prompt-name', name, ...options)).messages;
  }

  async credentials() {
    const stored = JSON.parse(readFileSync(join(this.storage, 'oauth.json'), 'utf8')).servers[this.url];
    const [{ clientInformation }] = /** @type {any[]} */ (Object.values(stored.byIssuer));
    const { secrets } = JSON.parse(readFileSync(join(this.storage, 'secrets.json'), 'utf8'));
    const tokens = Object.entries(secrets).find(([name]) => name.includes(':tokens:'))?.[1];
    return { ...JSON.parse(tokens), client_id: clientInformation.client_id };
  }

  close() {
    return this.desktop.close();
  }
}
