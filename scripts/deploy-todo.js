/** `pnpm deploy:todo`: from an empty Cloudflare account to a running to-do list, behind an issuer that is there already. */
import { parseArgs } from 'node:util';
import { buildWasm } from './build.js';
import { clientLines } from './client-lines.js';
import { Deployment, REAL_WORLD, deploy, likelyUrl } from './deployment.js';
import { ISSUER_NAMES, newSecret, urlOfIssuer } from './dev-vars.js';
import { Failure, program } from './run.js';
import { setup } from './setup.js';

const HELP = `pnpm deploy:todo, or with options: pnpm run deploy:todo [options]

Builds the Todo API and the MCP server in front of it and deploys both to Cloudflare Workers, the API first. Asks for what
it needs the first time, or takes it from the environment by these names (see docs/PINGFEDERATE.md):
  PING_FEDERATE_ISSUER       whose tokens they take, to the letter as \`iss\` names it
  MCP_SERVER_CLIENT_ID       what the MCP server is called at the issuer
  MCP_SERVER_CLIENT_SECRET   its secret there

  --issuer URL      instead of PING_FEDERATE_ISSUER
  --client-id ID    instead of MCP_SERVER_CLIENT_ID
  --dry-run         build, and only show what would be done
  --yes             do not ask whether to go on
  --help            this text`;

const WHERE = 'where the MCP server is registered at the issuer: see docs/PINGFEDERATE.md';

/**
 * Both Workers, in the order in which they are deployed: the MCP server is told where the API is.
 * @param {{ issuer?: string, clientId?: string }} given
 * @param {import('./deployment.js').World} [world]
 */
export function todoDeployments({ issuer, clientId } = {}, world = REAL_WORLD) {
  /** What the one says the other takes. @returns {Promise<string>} */
  const issuerOf = async () => {
    const named = ISSUER_NAMES.find((name) => server.variable(name));
    const value = named ? urlOfIssuer(named, String(server.variable(named))) : await askForIssuer();
    if (!/^https:\/\//.test(value)) throw new Failure(`${value} is no issuer: it begins with https://`);
    return value;
  };
  /** Asked once. @type {string | undefined} */
  let known = issuer;
  const askForIssuer = async () =>
    (known ??= await server.fromEnvironmentOrPerson('PING_FEDERATE_ISSUER', 'Issuer of the access tokens (https://…):', {
      where: 'the base URL of the issuer, as its tokens name it in `iss`',
    }));

  const api = new Deployment(
    { environment: 'todo-api', what: 'Todo API', secrets: {}, variables: { API_ISSUER: issuerOf }, addresses: ['API_AUDIENCE'] },
    world,
  );
  const server = new Deployment(
    {
      environment: 'todo',
      what: 'MCP server',
      secrets: {
        AUTHORITY_SECRET: newSecret,
        MCP_SERVER_CLIENT_SECRET: (own) =>
          own.fromEnvironmentOrPerson('MCP_SERVER_CLIENT_SECRET', "The MCP server's secret at the issuer (not shown):", { hidden: true, where: WHERE }),
      },
      variables: {
        // The same as ISSUER or WORKOS_AUTHKIT_DOMAIN, where one of them is set.
        PING_FEDERATE_ISSUER: issuerOf,
        MCP_SERVER_CLIENT_ID: (own) =>
          clientId ?? own.fromEnvironmentOrPerson('MCP_SERVER_CLIENT_ID', "The MCP server's client id at the issuer:", { where: WHERE }),
        API_URL: () => api.url ?? likelyUrl(api),
      },
      addresses: ['PUBLIC_URL'],
    },
    world,
  );
  return { api, server };
}

/** @param {{ issuer: string, url: string, resource: string, apiUrl: string }} facts */
function whatIsLeft({ issuer, url, resource, apiUrl }) {
  return `
The MCP server is at ${url}
The Todo API is at ${apiUrl}

The issuer, ${issuer}, must know (docs/PINGFEDERATE.md):
  the audience of tokens for the MCP server     ${resource}
  the redirect URI of the MCP server's client   ${url}/callback
  the resource of exchanged tokens              ${apiUrl}

${clientLines(url, 'todo')}
`;
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      issuer: { type: 'string' },
      'client-id': { type: 'string' },
      'dry-run': { type: 'boolean' },
      yes: { type: 'boolean', short: 'y' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(HELP);
  await setup({ for: 'build' });
  await buildWasm();
  const { api, server } = todoDeployments({ issuer: values.issuer, clientId: values['client-id'] });
  await deploy([api, server], { dryRun: values['dry-run'], yes: values.yes }, () => {
    const url = server.url ?? likelyUrl(server);
    return whatIsLeft({
      url,
      issuer: api.variable('API_ISSUER') ?? values.issuer ?? process.env.PING_FEDERATE_ISSUER ?? 'https://YOUR-ISSUER',
      resource: server.variable('MCP_SERVER_IDENTIFIER') ?? server.variable('MCP_SERVER_URL') ?? `${url}/mcp`,
      apiUrl: server.variable('API_URL') ?? api.url ?? likelyUrl(api),
    });
  });
});
