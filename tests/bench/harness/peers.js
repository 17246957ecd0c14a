/** Who is measured: our Worker, what people use today, and the limits of the platform. */

/**
 * @typedef {'modern' | 'legacy'} Era
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} about
 * @property {string} entry of the Worker
 * @property {string} config
 * @property {Record<string, string>} objects classes of Durable Objects, by their bindings
 * @property {string[]} namespaces of KV
 * @property {Era[]} eras that it speaks; none: it gives its fixed answer to anything
 * @property {'workos' | 'own' | 'none'} signIn through the stand-in for WorkOS; by the peer itself; or there are no tokens
 * @property {boolean} [sessions] whether `initialize` makes one that later requests must name
 * @property {boolean} [perPerson] whether each person has an object of their own, which every call asks
 * @property {boolean} [copies] whether orders are copied to ORDERS some time after the answer
 */

const config = 'tests/bench/peers/wrangler.toml';

/** @type {Peer} */
export const OURS = {
  name: 'ours',
  about: 'this project, as it ships',
  entry: 'shim/worker.js',
  config: 'wrangler.toml',
  objects: { PRINCIPALS: 'Principal' },
  namespaces: ['OAUTH_KV', 'ORDERS', 'AUDIT'],
  eras: ['modern', 'legacy'],
  signIn: 'workos',
  sessions: true,
  perPerson: true,
  copies: true,
};

/** @type {Peer[]} */
export const PEERS = [
  OURS,
  {
    name: 'A',
    about: 'McpAgent of the agents SDK and the OAuth provider, as their documents say',
    entry: 'tests/bench/peers/agents.js',
    config,
    objects: { SHOP: 'ShopAgent' },
    namespaces: ['OAUTH_KV', 'ORDERS'],
    eras: ['legacy'],
    signIn: 'own',
    sessions: true,
  },
  {
    name: 'B',
    about: "createMcpHandler of the MCP SDK's newest server and the OAuth provider, orders in the person's object",
    entry: 'tests/bench/peers/sdk.js',
    config,
    objects: { ORDERS: 'Orders' },
    namespaces: ['OAUTH_KV'],
    eras: ['modern', 'legacy'],
    signIn: 'own',
  },
  {
    name: 'C',
    about: 'our architecture in plain JavaScript: no SDK, no OAuth library, no audit trail, no limits',
    entry: 'tests/bench/peers/plain.js',
    config,
    objects: { PERSONS: 'Person' },
    namespaces: ['ORDERS'],
    eras: ['modern', 'legacy'],
    signIn: 'own',
    perPerson: true,
    copies: true,
  },
  {
    name: 'L0',
    about: 'a fixed answer',
    entry: 'tests/bench/peers/fixed-answer.js',
    config,
    objects: {},
    namespaces: [],
    eras: [],
    signIn: 'none',
  },
  {
    name: 'L1',
    about: 'a fixed answer through one Durable Object with one storage read, no authentication',
    entry: 'tests/bench/peers/fixed-in-object.js',
    config,
    objects: { OBJECTS: 'FixedObject' },
    namespaces: [],
    eras: [],
    signIn: 'none',
    perPerson: true,
  },
  {
    name: 'L2',
    about: 'L1 behind the OAuth provider, its state in KV',
    entry: 'tests/bench/peers/fixed-behind-oauth.js',
    config,
    objects: { OBJECTS: 'FixedObject' },
    namespaces: ['OAUTH_KV'],
    eras: [],
    signIn: 'own',
  },
];
