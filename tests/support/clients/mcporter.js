/** `mcporter`: a program for each call; what it signed in for it keeps in its vault. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Desktop } from '../desktop.js';
import { Answer } from './agent.js';
import { programOf, start } from './program.js';

const SERVER = 'shop';

/** @implements {Agent} @typedef {import('./agent.js').Agent} Agent */
export class Mcporter {
  name = 'mcporter';

  /** @param {string} url of the MCP endpoint @param {Desktop} desktop */
  constructor(url, desktop) {
    this.human = this.desktop = desktop;
    this.configuration = join(desktop.directory, 'mcporter-config.json');
    // `imports` are the settings of other programs: there are none on this desktop.
    writeFileSync(this.configuration, JSON.stringify({ mcpServers: { [SERVER]: { url, auth: 'oauth' } }, imports: [] }));
  }

  /** Signs in, as `mcporter auth` does. @param {string} url */
  static async start(url) {
    const mcporter = new Mcporter(url, await Desktop.start());
    try {
      await mcporter.#run('auth', SERVER);
    } catch (error) {
      await mcporter.close();
      throw error;
    }
    return mcporter;
  }

  /** @param {string[]} parameters @returns {Promise<{ status: unknown, output: string }>} */
  async #run(...parameters) {
    const program = start(programOf('mcporter'), ['--config', this.configuration, ...parameters], this.desktop.environment);
    let output = '';
    program.child.stdout.on('data', (/** @type {Buffer} */ chunk) => (output += chunk));
    program.child.stdin.end();
    try {
      const status = await Promise.race([program.ended, this.desktop.broken]);
      if (status !== 0 && !output) throw new Error(`${this.name} ${parameters.join(' ')} ended (${status}):\n${program.errors()}`);
      return { status, output };
    } finally {
      program.child.kill();
    }
  }

  async tools() {
    const { output } = await this.#run('list', SERVER, '--json');
    return JSON.parse(output).tools.map((/** @type {any} */ tool) => tool.name);
  }

  /** @param {string} name @param {Record<string, unknown>} [parameters] */
  async call(name, parameters = {}) {
    const { output } = await this.#run('call', `${SERVER}.${name}`, '--args', JSON.stringify(parameters), '--output', 'json');
    const printed = JSON.parse(output);
    if (printed.error) throw new Error(printed.error);
    // Of a structure it prints nothing but that.
    return new Answer(printed.content ? printed : { content: [{ type: 'text', text: JSON.stringify(printed) }], structuredContent: printed });
  }

  async resources() {
    const { output } = await this.#run('resource', SERVER, '--json');
    return JSON.parse(output).resources.map((/** @type {any} */ { uri }) => uri);
  }

  /** @param {string} uri */
  async read(uri) {
    const { output } = await this.#run('resource', SERVER, uri, '--json');
    const printed = JSON.parse(output);
    if (printed.error) throw new Error(printed.error);
    return printed;
  }

  async credentials() {
    const { entries } = JSON.parse(readFileSync(join(this.desktop.directory, '.mcporter/credentials.json'), 'utf8'));
    const [{ tokens }] = /** @type {any[]} */ (Object.values(entries));
    // It keeps no registration beside its tokens: each sign-in makes one of its own.
    return { ...tokens, client_id: this.human.opened.at(-1)?.searchParams.get('client_id') };
  }

  close() {
    return this.desktop.close();
  }
}
