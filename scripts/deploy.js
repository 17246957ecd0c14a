/** `pnpm deploy`: from an empty Cloudflare account to a running shop. */
import { parseArgs } from 'node:util';
import { buildWasm } from './build.js';
import { clientLines } from './client-lines.js';
import { Deployment, deploy, likelyUrl } from './deployment.js';
import { newSecret } from './dev-vars.js';
import { program } from './run.js';
import { setup } from './setup.js';

const HELP = `pnpm deploy, or with options: pnpm run deploy [options] (plain "pnpm deploy" keeps them to itself)

Builds the server and deploys it to Cloudflare Workers. Asks for what it needs the first time:
  WORKOS_CLIENT_ID, WORKOS_API_KEY   from the WorkOS dashboard, API Keys (or from the environment, by these names)

  --dry-run   build, and only show what would be done
  --yes       do not ask whether to go on
  --help      this text`;

const WHERE = 'in the WorkOS dashboard, under API Keys';

/** @type {import('./deployment.js').Settings} */
export const SHOP = {
  what: 'Worker',
  secrets: {
    AUTHORITY_SECRET: newSecret,
    WORKOS_CLIENT_ID: (shop) => shop.fromEnvironmentOrPerson('WORKOS_CLIENT_ID', 'WorkOS client id (client_…):', { where: WHERE }),
    WORKOS_API_KEY: (shop) => shop.fromEnvironmentOrPerson('WORKOS_API_KEY', 'WorkOS API key (sk_…; not shown):', { hidden: true, where: WHERE }),
  },
  addresses: ['PUBLIC_URL'],
};

/** @param {string} url */
function whatIsLeft(url) {
  return `
The server is at ${url}

In the WorkOS dashboard, under Redirects, enter this redirect URI once (nobody can sign in before):
  ${url}/callback

${clientLines(url)}
`;
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      'dry-run': { type: 'boolean' },
      yes: { type: 'boolean', short: 'y' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(HELP);
  await setup({ for: 'build' });
  await buildWasm();
  const shop = new Deployment(SHOP);
  await deploy([shop], { dryRun: values['dry-run'], yes: values.yes }, () => whatIsLeft(shop.url ?? likelyUrl(shop)));
});
