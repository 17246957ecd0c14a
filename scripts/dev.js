/** `pnpm dev`: the whole server on this machine, rebuilt when the C++ or a page changes. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startStack } from '../dev/stack.js';
import { buildWasm } from './build.js';
import { clientLines } from './client-lines.js';
import { completeDevVars, hasWorkOS, readDevVars } from './dev-vars.js';
import { PROJECT, program, step } from './run.js';
import { endTogether, portOf, rebuildOnChange } from './serve.js';
import { setup } from './setup.js';

/** What runs, by its name in CMakeLists.txt. */
const MODULES = ['deputy'];

const HELP = `pnpm dev [options]

Builds the server and runs it on this machine, with a local stand-in for AuthKit unless .dev.vars or .env hold
WORKOS_CLIENT_ID and WORKOS_API_KEY. Changes of the C++, of the pages and of the shim take effect at once.

  --port PORT   where to listen (8787)
  --help        this text`;

/** @param {import('../dev/workos.js').WorkOS | undefined} workos @param {string} url */
function signInLines(workos, url) {
  if (!workos) return `Sign in with WorkOS AuthKit. Its dashboard must list this redirect URI: ${url}/callback`;
  const people = workos.users.map(({ email, firstName, lastName, admin }) => {
    return `  ${email.padEnd(20)} ${firstName} ${lastName}${admin ? ', administrator' : ''}`;
  });
  return `Sign in, without a password, as one of\n${people.join('\n')}`;
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '8787' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return console.log(HELP);
  const port = await portOf(values.port, 'pnpm dev --port 8788');

  const vars = readDevVars();
  const workos = !hasWorkOS(vars);

  await setup({ for: 'build' });
  await buildWasm({ modules: MODULES });
  completeDevVars(vars);
  if (!vars.PUBLIC_URL) delete vars.PUBLIC_URL; // the stack knows the address

  let ready = false;
  const stack = await step('Starting the Worker', () =>
    startStack({
      port,
      vars,
      workos,
      persistTo: join(PROJECT, '.wrangler/state'),
      onLog: (text) => void ((ready || text.includes('ERROR')) && process.stdout.write(text)),
    }),
  );
  ready = true;

  endTogether(stack);
  rebuildOnChange(MODULES);

  const url = vars.PUBLIC_URL ?? stack.url;
  console.log(`
The server is listening on ${stack.url}

${signInLines(stack.workos, url)}

${clientLines(url)}

Changed sources are built and loaded at once. Ctrl-C ends everything.
`);
});
