/**
 * The second system on this machine: the MCP server of the to-do list and the Todo API, each a Worker under a `wrangler dev`
 * of its own, and a stand-in for PingFederate that issues the tokens of both.
 * `pnpm dev:todo` runs this, and the tests of pages and clients do: what they see is what a developer sees.
 */
import { randomBytes } from 'node:crypto';
import { startIssuer } from './issuer.js';
import { freePort, startStack } from './stack.js';

/** @typedef {import('./stack.js').Stack} Stack */
/**
 * @typedef {object} TodoOptions
 * @property {{ server?: number, api?: number, issuer?: number }} [ports] of 0 or none, any free one is taken
 * @property {Record<string, string>} [vars] variables of the MCP server, over those that the stack sets itself
 * @property {Record<string, string>} [apiVars] the same of the Todo API
 * @property {import('./issuer.js').Issuer | boolean} [issuer] a stand-in that runs already, true (the default) for one that
 *   lives and ends with this stack, or false for none: `vars` and `apiVars` then say who issues the tokens
 * @property {string} [apiUrl] how the MCP server reaches the API, where something stands between the two
 * @property {string} [persistTo] where the storage lives; without it, in directories that end with the stack
 * @property {(text: string) => void} [onLog] is told what either wrangler prints, and each request for a token
 *
 * @typedef {object} TodoStack
 * @property {string} url of the MCP server
 * @property {Stack} server
 * @property {Stack} api
 * @property {import('./issuer.js').Issuer | undefined} issuer
 * @property {Promise<unknown>} ended settles when either wrangler has ended, for whatever reason
 * @property {() => Promise<void>} stop ends all of it in good order, the stand-in too if it belongs to this stack
 */

/** Who the MCP server is at the stand-in. */
export const CLIENT_ID = 'mcp-server';

/**
 * What the stand-in must know of the MCP server at `port` and of the API. In development the server has two addresses.
 * @param {number} port @param {string} apiUrl @returns {Pick<import('./issuer.js').Options, 'mcpServer' | 'api'>}
 */
export function known(port, apiUrl) {
  const origins = [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
  return {
    mcpServer: {
      clientId: CLIENT_ID,
      identifiers: origins.map((origin) => `${origin}/mcp`),
      redirectUris: origins.map((origin) => `${origin}/callback`),
    },
    api: { audience: apiUrl },
  };
}

/**
 * What the two Workers are told of each other, and of who issues their tokens, if that is known.
 * @param {string} apiUrl how the MCP server reaches the API @param {import('./issuer.js').Issuer} [issuer]
 * @returns {{ server: Record<string, string>, api: Record<string, string> }}
 */
export function variablesFor(apiUrl, issuer) {
  return {
    server: {
      AUTHORITY_SECRET: randomBytes(32).toString('base64url'),
      API_URL: apiUrl,
      ...(issuer && {
        PING_FEDERATE_ISSUER: issuer.url,
        MCP_SERVER_CLIENT_ID: issuer.clientId,
        MCP_SERVER_CLIENT_SECRET: issuer.clientSecret,
      }),
    },
    api: { API_AUDIENCE: apiUrl, ...(issuer && { API_ISSUER: issuer.url }) },
  };
}

/** @param {TodoOptions} [options] @returns {Promise<TodoStack>} */
export async function startTodoStack(options = {}) {
  const { ports = {}, issuer: wanted = true, persistTo, onLog } = options;
  const port = ports.server || (await freePort());
  const apiPort = ports.api || (await freePort());
  const apiUrl = options.apiUrl ?? `http://localhost:${apiPort}`;
  const log = (/** @type {string} */ message) => onLog?.(`[issuer] ${message}\n`);
  const own = wanted === true ? await startIssuer({ port: ports.issuer, ...known(port, apiUrl), log }) : undefined;
  const issuer = wanted === true ? own : wanted || undefined;

  /** @type {(Stack | undefined)[]} */
  let stacks = [];
  const stop = async () => {
    await Promise.all(stacks.map((stack) => stack?.stop()));
    await own?.close();
  };
  const common = { workos: false, onLog };
  const vars = variablesFor(apiUrl, issuer);
  const started = await Promise.allSettled([
    startStack({
      ...common,
      environment: 'todo-api',
      port: apiPort,
      persistTo: persistTo && `${persistTo}/todo-api`,
      vars: { ...vars.api, ...options.apiVars },
    }),
    startStack({
      ...common,
      environment: 'todo',
      port,
      persistTo: persistTo && `${persistTo}/todo`,
      vars: { ...vars.server, ...options.vars },
    }),
  ]);
  stacks = started.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined));
  const [api, server] = stacks;
  if (!api || !server) {
    await stop();
    throw started.find((outcome) => outcome.status === 'rejected')?.reason;
  }
  return { url: server.url, server, api, issuer, ended: Promise.race([server.ended, api.ended]), stop };
}
