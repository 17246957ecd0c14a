/** `pnpm dev:todo`: the to-do list behind an issuer on this machine, rebuilt when the C++ or a page changes. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startTodoStack } from '../dev/todo-stack.js';
import { buildWasm } from './build.js';
import { clientLines } from './client-lines.js';
import { completeDevVars, issuerOf, readDevVars } from './dev-vars.js';
import { PROJECT, duration, program, step } from './run.js';
import { endTogether, portOf, rebuildOnChange } from './serve.js';
import { setup } from './setup.js';

/** What runs, by its name in CMakeLists.txt. */
const MODULES = ['todo', 'todo_api'];

const HELP = `pnpm dev:todo [options]

Builds the MCP server of the to-do list and its Todo API and runs them on this machine, with a local stand-in for
PingFederate unless .dev.vars.todo names an issuer (see docs/PINGFEDERATE.md). The first time takes about 3 minutes, for
it compiles the C++; then it is a few seconds. Changes of the C++, of the pages and of the shim take effect at once.

  --port PORT          where the MCP server listens (8788)
  --api-port PORT      the Todo API (8789)
  --issuer-port PORT   the stand-in (9031, as PingFederate)
  --help               this text

0 is any free port.`;

const OPTIONS = /** @type {const} */ ({
  port: { type: 'string', default: '8788' },
  'api-port': { type: 'string', default: '8789' },
  'issuer-port': { type: 'string', default: '9031' },
  help: { type: 'boolean', short: 'h' },
});

/** @param {import('../dev/issuer.js').Issuer} issuer */
function standIn({ url, people }) {
  const rows = people.map(({ email, firstName, lastName }) => `  ${email.padEnd(20)} ${firstName} ${lastName}`);
  return `The stand-in for PingFederate is at ${url}
Sign in there, without a password, as one of
${rows.join('\n')}`;
}

/** @param {{ issuer: string, url: string, identifier: string, apiUrl: string }} facts */
function realIssuer({ issuer, url, identifier, apiUrl }) {
  return `The issuer is ${issuer}. It must know
  the audience of tokens for the MCP server     ${identifier}
  the redirect URI of the MCP server's client   ${url}/callback
  the resource of exchanged tokens              ${apiUrl}`;
}

/** The Todo API's own settings; else it takes tokens of the same issuer, for the address that the MCP server has. @param {Record<string, string>} vars @param {string | undefined} issuer */
function apiVars(vars, issuer) {
  const own = Object.entries(vars).filter(([name]) => ['API_ISSUER', 'API_AUDIENCE', 'API_JWKS_URI', 'API_TOKEN_TYPE'].includes(name));
  const audience = vars.API_URL?.replace(/\/$/, '');
  return { ...(issuer && { API_ISSUER: issuer }), ...(audience && { API_AUDIENCE: audience }), ...Object.fromEntries(own) };
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(HELP);
  const started = performance.now();
  const vars = readDevVars('todo');
  const configured = issuerOf(vars);
  const ports = {
    server: await portOf(values.port, 'pnpm dev:todo --port 0'),
    api: await portOf(values['api-port'], 'pnpm dev:todo --api-port 0'),
    issuer: configured ? 0 : await portOf(values['issuer-port'], 'pnpm dev:todo --issuer-port 0'),
  };

  await setup({ for: 'build' });
  await buildWasm({ modules: MODULES });
  completeDevVars(vars, 'todo');
  if (!vars.PUBLIC_URL) delete vars.PUBLIC_URL; // the stack knows the address

  let ready = false;
  const stack = await step('Starting the Workers', () =>
    startTodoStack({
      ports,
      vars,
      apiVars: apiVars(vars, configured),
      issuer: !configured,
      persistTo: join(PROJECT, '.wrangler/state'),
      onLog: (text) => void ((ready || text.includes('ERROR')) && process.stdout.write(text)),
    }),
  );
  ready = true;
  endTogether(stack);
  rebuildOnChange(MODULES);

  const url = vars.PUBLIC_URL ?? stack.url;
  const apiUrl = vars.API_URL?.replace(/\/$/, '') ?? stack.api.url;
  const identifier = vars.MCP_SERVER_IDENTIFIER || vars.MCP_SERVER_URL || `${url}/mcp`;
  console.log(`
The MCP server is listening on ${stack.url}
The Todo API is listening on ${stack.api.url}
${stack.issuer ? standIn(stack.issuer) : realIssuer({ issuer: String(configured), url, identifier, apiUrl })}

${clientLines(url, 'todo')}

What an agent may do, its human decides at ${url}/authority: at first it may only read.
Ready after ${duration((performance.now() - started) / 1000)}. Changed sources are built and loaded at once. Ctrl-C ends everything.
`);
});
