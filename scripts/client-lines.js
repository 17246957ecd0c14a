const DEFAULT_URL = 'http://localhost:8787';
/** What clients call it in their lists (short_name in wasm/shop/service.cpp). */
const SERVER = 'shop';

/**
 * What to tell somebody who wants to connect a client.
 * @param {string} url of the server, without the path of the MCP endpoint
 * @returns {string}
 */
export function clientLines(url) {
  const endpoint = `${url}/mcp`;
  const isLocal = ['localhost', '127.0.0.1'].includes(new URL(url).hostname);
  return `Connect a client to ${endpoint}

  Claude Code      claude mcp add --transport http ${SERVER} ${endpoint}
  mcp-remote       npx mcp-remote ${endpoint}
  MCP Inspector    npx pnpm@12 inspect${url === DEFAULT_URL ? '' : ` --url ${url}`}
${isLocal ? desktopLocal(endpoint) : desktopDeployed(endpoint)}`;
}

/** @param {string} endpoint */
function desktopDeployed(endpoint) {
  return `  Claude Desktop   Settings, Connectors, Add custom connector: ${endpoint}
  claude.ai        the same, in the browser`;
}

/** @param {string} endpoint */
function desktopLocal(endpoint) {
  const server = `"${SERVER}": { "command": "npx", "args": ["-y", "mcp-remote", "${endpoint}"] }`;
  return `  Claude Desktop   Settings, Developer, Edit Config; then restart it:

    { "mcpServers": { ${server} } }

  (Not as a connector: those are called from Anthropic's cloud, which cannot reach this machine.)`;
}
