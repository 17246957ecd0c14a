/**
 * A desktop for programs that open a browser: a home of their own, and under every name by which they look for a browser
 * a script that hands the address over to this process. Here the human of human.js signs in, and the browser goes to
 * where the program listens, as a real one would.
 */
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signIn } from './human.js';

/** A program may open the browser before it listens (mcp-remote does, when it asks for more scopes). */
const LISTENS_WITHIN = 15_000;

export class Desktop {
  /** What the human does from now on, at each sign-in. @type {import('./human.js').Choices} */
  choices = {};
  /** How they sign in where the sign-in begins. @type {(url: string, choices: import('./human.js').Choices) => ReturnType<typeof signIn>} */
  signIn = signIn;
  /** What the human does with a form. @type {((form: any) => import('./clients/agent.js').Filled) | undefined} */
  fill;
  /** Where the human has a browser of their own: it comes out at the program by itself. @type {((url: URL) => Promise<URL>) | undefined} */
  browse;
  /** Changes the address that a program opens, before the browser gets it. @type {(url: URL) => void} */
  rewrite = () => {};
  /** The addresses that programs opened. @type {URL[]} */
  opened = [];
  /** Fails as soon as a sign-in does not come to its end: whoever waits for a program waits for this too. */
  broken;
  /** @type {(error: Error) => void} */
  #break = () => {};

  /** @param {import('node:http').Server} server @param {string} directory */
  constructor(server, directory) {
    this.server = server;
    this.directory = directory;
    this.broken = new Promise((_, reject) => (this.#break = reject));
    this.broken.catch(() => {});
  }

  static async start() {
    const directory = mkdtempSync(join(tmpdir(), 'mcp-deputy-desktop-'));
    const server = createServer();
    const desktop = new Desktop(server, directory);
    server.on('request', (request, response) => {
      response.end();
      void desktop.#browse(new URLSearchParams(request.url?.split('?')[1]).get('url') ?? '');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');

    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const handOver = `
      const url = process.argv.findLast((argument) => argument.startsWith('http'));
      fetch('http://127.0.0.1:${port}/?' + new URLSearchParams({ url }));`;
    mkdirSync(join(directory, 'bin'));
    writeFileSync(join(directory, 'bin/hand-over.cjs'), handOver);
    for (const name of ['browser', 'xdg-open', 'open']) {
      const path = join(directory, 'bin', name);
      writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${directory}/bin/hand-over.cjs' "$@"\n`);
      chmodSync(path, 0o755);
    }
    return desktop;
  }

  /** The environment of a program on this desktop. Nothing of the developer's own: no session, no settings. */
  get environment() {
    return {
      HOME: this.directory,
      PATH: join(this.directory, 'bin') + delimiter + process.env.PATH,
      BROWSER: join(this.directory, 'bin/browser'),
      NO_COLOR: '1',
    };
  }

  /** @param {string} address */
  async #browse(address) {
    try {
      const url = new URL(address);
      this.rewrite(url);
      this.opened.push(url);
      if (this.browse) return void (await this.browse(url));
      const { redirect, page } = await this.signIn(url.href, this.choices);
      if (!redirect) throw new Error(`the sign-in ended on a page: ${page.status} ${page.text}`);
      await visit(redirect);
    } catch (error) {
      this.#break(/** @type {Error} */ (error));
    }
  }

  async close() {
    this.server.close();
    this.server.closeAllConnections();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** @param {URL} url */
async function visit(url) {
  for (const deadline = Date.now() + LISTENS_WITHIN; ; await sleep(50)) {
    try {
      await (await fetch(url)).text();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`nobody listens at ${url.origin}`, { cause: error });
    }
  }
}
