/** `pnpm inspect`: the MCP Inspector in the browser, pointed at the server. */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Failure, local, program } from './run.js';

const HELP = `pnpm inspect [options]

Opens the MCP Inspector on a server that runs already.

  --url URL   where the server is (http://localhost:8787)
  --help      this text`;

await program(import.meta.url, async () => {
  const { values } = parseArgs({
    options: { url: { type: 'string', default: 'http://localhost:8787' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return console.log(HELP);
  const endpoint = new URL('/mcp', values.url);
  await fetch(endpoint).catch(() => {
    throw new Failure(`Nothing answers at ${endpoint}. Start it first, with \`pnpm dev\` in another terminal.`);
  });
  const parameters = ['--web', '--transport', 'http', '--server-url', endpoint.href];
  const inspector = spawn(local('mcp-inspector'), parameters, { stdio: 'inherit' });
  process.on('SIGINT', () => {}); // Ctrl-C reaches the Inspector by itself, which then ends
  process.exitCode = await new Promise((resolve) => inspector.once('exit', (status) => resolve(status ?? 0)));
});
