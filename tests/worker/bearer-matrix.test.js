/** Who may speak MCP, at both doors and in every revision: what counts as a token, from where, and what it is good for. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask } from '../support/http.js';
import { IssuerClient } from '../support/issuer-client.js';
import { Machine } from '../support/machine.js';
import { Endpoint, MODERN, codeOf, resultOf } from '../support/mcp.js';
import { REVISIONS, firstRequest, wayIn } from '../support/revisions.js';
import { SCOPE, TodoMachine } from '../support/todo-machine.js';

const SHIRT = { company: 'Acme', mailingAddress: '1 Road\nTown', tshirtSize: 'M' };

const shop = new Machine();
const todo = new TodoMachine({ people: 60 });
before(() => Promise.all([shop.start(), todo.start()]));
after(() => Promise.all([shop.stop(), todo.stop()]));

/**
 * What the matrix needs of a door.
 * @typedef {object} Deputy
 * @property {string} accessToken
 * @property {Endpoint} mcp
 *
 * @typedef {object} Door
 * @property {string} name
 * @property {() => { url: string, logs: string }} machine
 * @property {string} scopes all that there are
 * @property {(person: 'ada' | 'alan', scope?: string) => Promise<Deputy>} appoint a deputy of its own client each time
 * @property {{ narrow: string, call: { name: string, arguments: object } }} step a scope, and a call that needs more than that
 * @property {() => Promise<[string, string][]>} bad tokens, and what is wrong with each
 * @property {() => Promise<{ deputy: Deputy, end: () => Promise<unknown>, status: number }>} ending a deputy, how its authority ends, and what it hears then
 */

/** @type {Door[]} */
const DOORS = [
  {
    name: 'the shop',
    machine: () => shop,
    scopes: 'shop:read shop:buy',
    appoint: (person, scope) => shop.appoint({ choices: { person: `${person}@example.com` }, ...(scope && { asks: { scope } }) }),
    step: { narrow: 'shop:read', call: { name: 'buyMcpShopItem', arguments: SHIRT } },
    async bad() {
      const { client, accessToken, refreshToken } = await shop.appoint();
      const elsewhere = await new (/** @type {any} */ (client.constructor))(`http://127.0.0.1:${shop.port}`, client.clientId, client.redirectUri);
      const { body } = await elsewhere.redeem(await elsewhere.authorize());
      const revoked = await shop.appoint();
      await revoked.client.revoke(revoked.accessToken);
      const last = accessToken.at(-1) === 'A' ? 'B' : 'A';
      return [
        ['a refresh token', refreshToken],
        ['a code', await client.authorize()],
        ['a token for another resource', body.access_token],
        ['a token that was revoked', revoked.accessToken],
        ['a token with another letter', accessToken.slice(0, -1) + last],
        ['half of a token', accessToken.slice(0, accessToken.lastIndexOf(':') + 1)],
        ['an order of SQL', `${accessToken.split(':').slice(0, 2).join(':')}:'OR'1'='1`],
        ['a token of the other door', await todo.issuer.issueToken()],
      ];
    },
    async ending() {
      const deputy = await shop.appoint();
      return { deputy, end: () => deputy.client.revoke(deputy.refreshToken), status: 401 };
    },
  },
  {
    name: 'the to-do list',
    machine: () => todo,
    scopes: SCOPE,
    appoint: (person, scope) => todo.appoint({ person: `${person}@example.com`, scope }),
    step: { narrow: 'openid todo_api:read', call: { name: 'create_new_todo', arguments: { text: 'milk' } } },
    async bad() {
      const { issuer } = todo;
      const { body } = await IssuerClient.signedIn(issuer.url, todo.endpoint);
      return [
        ['a token of another issuer', await issuer.issueToken({ issuer: 'https://elsewhere.example' })],
        ["a token for the API", await issuer.issueToken({ audience: todo.api.url })],
        ['a token that nobody signed', await issuer.issueToken({ alg: 'none' })],
        ['a token signed with the public key', await issuer.issueToken({ alg: 'HS256' })],
        ['a token that has expired', await issuer.issueToken({ expiresIn: -60 })],
        ['a token for later', await issuer.issueToken({ notBefore: 600 })],
        ['an ID token', body.id_token],
        ['a token for its own client (azp)', await issuer.issueToken({ claims: { client_id: undefined, azp: todo.endpoint } })],
        ['a refresh token', body.refresh_token],
        ['a token of the other door', (await shop.appoint()).accessToken],
      ];
    },
    async ending() {
      const deputy = await todo.deputize('keep');
      return { deputy, end: () => deputy.page.do({ do: 'revoke', grant: deputy.grant }), status: 403 };
    },
  },
];

/** The parameters of a challenge. @param {import('../support/http.js').Answer} answer */
function challengeOf(answer) {
  const challenge = answer.header('WWW-Authenticate') ?? '';
  assert.match(challenge, /^Bearer /);
  return Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
}

/** What holds for every answer to somebody: it is for them, and no cache keeps it. @param {import('../support/http.js').Answer} answer */
function assertNotKept(answer) {
  assert.match(answer.header('Cache-Control') ?? '', /\bno-store\b/, `${answer.status} ${answer.text}`);
}

for (const door of DOORS) {
  /** @type {Deputy} */
  let ada;
  /** Ada too, by another client. @type {Deputy} */
  let adasOther;
  /** @type {Deputy} */
  let alan;
  /** @type {[string, string][]} */
  let bad;
  /** @type {Deputy} */
  let narrow;

  describe(door.name, () => {
    before(async () => {
      [ada, adasOther, alan] = [await door.appoint('ada'), await door.appoint('ada'), await door.appoint('alan')];
      narrow = await door.appoint('ada', door.step.narrow);
      bad = await door.bad();
    });

    for (const revision of REVISIONS) {
      /** The first request of this revision, with other headers. @param {Record<string, string | string[] | undefined>} [headers] @param {string} [query] */
      const hello = (headers, query = '') => {
        const first = firstRequest(revision);
        return ask(ada.mcp.url + query, { ...first, headers: { ...first.headers, ...headers } });
      };
      const bearer = (/** @type {string} */ token, scheme = 'Bearer') => ({ Authorization: `${scheme} ${token}` });

      describe(revision, () => {
        test('a good token is let in, in whatever letters its scheme is written', async () => {
          for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
            const answer = await hello(bearer(ada.accessToken, scheme));
            assert.equal(answer.status, 200, scheme);
            assertNotKept(answer);
          }
        });

        test('nobody is let in without a token, and all are told where to get one', async () => {
          const others = ['', 'Bearer', 'Bearer ', 'Basic YTpi', `Basic ${btoa(`:${ada.accessToken}`)}`, `Token ${ada.accessToken}`, `DPoP ${ada.accessToken}`, ada.accessToken];
          for (const Authorization of [undefined, ...others]) {
            const answer = await hello({ Authorization });
            assert.equal(answer.status, 401, Authorization);
            const { error, resource_metadata, scope } = challengeOf(answer);
            assert.equal(resource_metadata, `${door.machine().url}/.well-known/oauth-protected-resource/mcp`);
            assert.equal(scope, door.scopes);
            if (!Authorization?.startsWith('Bearer')) assert.equal(error, undefined, 'RFC 6750, 3.1: no error for who brought nothing');
            assertNotKept(answer);
          }
        });

        test('a token in the query, in a form or in the message counts for nothing', async () => {
          const token = encodeURIComponent(ada.accessToken);
          assert.equal((await hello({}, `?access_token=${token}`)).status, 401);
          assert.equal((await hello({}, `?authorization=Bearer%20${token}`)).status, 401);
          const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
          assert.equal((await ask(ada.mcp.url, { headers: form, body: `access_token=${token}` })).status, 401);
          const first = firstRequest(revision);
          const told = { ...JSON.parse(first.body), access_token: ada.accessToken };
          assert.equal((await ask(ada.mcp.url, { ...first, body: JSON.stringify(told) })).status, 401);
          assert.equal((await hello({ Cookie: `access_token=${token}; Authorization=Bearer ${token}` })).status, 401);
          assert.ok(!door.machine().logs.includes(ada.accessToken), 'nor is it in the log');
        });

        test('two tokens are none, in one header or in two', async () => {
          const good = `Bearer ${ada.accessToken}`;
          for (const Authorization of [[good, good], [good, 'Bearer x'], ['Basic YTpi', good], `${good}, ${good}`, `${good} ${ada.accessToken}`, `${good},`]) {
            assert.equal((await hello({ Authorization })).status, 401, `${Authorization}`);
          }
        });

        test('what is no access token for this server is refused, and said to be', async () => {
          for (const [what, token] of bad) {
            const answer = await hello(bearer(token));
            assert.equal(answer.status, 401, what);
            assert.equal(challengeOf(answer).error, 'invalid_token', what);
            assert.ok(!answer.text.includes(token), what);
            assertNotKept(answer);
          }
        });

        test('a session is of use to its own deputy alone', async () => {
          const way = await wayIn(ada.mcp, revision);
          const id = way instanceof Endpoint ? way.headers['Mcp-Session-Id'] : 'any';
          if (revision === MODERN) {
            // There are no sessions: an id from an older era opens nothing, and hides nothing.
            const old = await ada.mcp.open();
            const first = firstRequest(revision);
            for (const [token, status] of /** @type {[string, number][]} */ ([[alan.accessToken, 200], ['nonsense', 401]])) {
              const answer = await ask(ada.mcp.url, { ...first, headers: { ...first.headers, ...bearer(token), 'Mcp-Session-Id': old.id } });
              assert.equal(answer.status, status);
            }
            return;
          }
          for (const [stranger, status] of /** @type {[Endpoint, number][]} */ ([[alan.mcp, 404], [adasOther.mcp, 404], [new Endpoint(ada.mcp.url), 401], [new Endpoint(ada.mcp.url, 'nonsense'), 401]])) {
            const stolen = stranger.session(/** @type {string} */ (id), revision);
            for (const answer of [await stolen.request('tools/list'), await stolen.ask({ method: 'GET', headers: { Accept: 'text/event-stream' } }), await stolen.end()]) {
              assert.equal(answer.status, status);
              assertNotKept(answer);
            }
          }
          resultOf(await way.request('tools/list'));
        });

        test('what the scopes of a token do not reach is refused, and asked for', async () => {
          const answer = await (await wayIn(narrow.mcp, revision)).request('tools/call', door.step.call);
          assert.equal(answer.status, 403, answer.text);
          const { error, scope, resource_metadata } = challengeOf(answer);
          assert.equal(error, 'insufficient_scope');
          assert.ok(scope.split(' ').length > 1, scope);
          assert.equal(resource_metadata, `${door.machine().url}/.well-known/oauth-protected-resource/mcp`);
          assert.equal(typeof codeOf(answer), 'number');
          assertNotKept(answer);
        });

        test('after its end a deputy can do nothing, in its sessions neither', async () => {
          const { deputy, end, status } = await door.ending();
          const way = await wayIn(deputy.mcp, revision);
          resultOf(await way.request('tools/list'));
          await end();
          assert.equal((await way.request('tools/list')).status, status);
          const answer = await hello(bearer(deputy.accessToken));
          assert.equal(answer.status, status);
          assertNotKept(answer);
        });

        test('a good token does not help a page of a foreign origin, or one that has none', async () => {
          const foreign = ['https://evil.example', 'null', 'http://localhost.evil.example', 'https://localhost@evil.example', 'http://localhost:1.evil.example', 'http://localhost:99999', 'http://localhost:', 'file://'];
          for (const Origin of foreign) {
            const answer = await hello({ ...bearer(ada.accessToken), Origin });
            assert.equal(answer.status, 403, Origin);
            assert.equal(answer.header('Access-Control-Allow-Origin'), null);
            assert.equal(answer.header('Access-Control-Allow-Credentials'), null);
          }
        });

        test('a page of this machine may read its answer, and no other page that answer', async () => {
          for (const [token, status] of /** @type {[string, number][]} */ ([[ada.accessToken, 200], ['nonsense', 401]])) {
            const answer = await hello({ ...bearer(token), Origin: 'http://localhost:6274' });
            assert.equal(answer.status, status);
            assert.equal(answer.header('Access-Control-Allow-Origin'), 'http://localhost:6274');
            assert.equal(answer.header('Access-Control-Allow-Credentials'), null, 'cookies are no tokens');
            assert.match(answer.header('Vary') ?? '', /\bOrigin\b/i);
          }
        });

        test('a good token does not help under the name of another host', async () => {
          const { port } = new URL(door.machine().url);
          for (const Host of ['evil.example', `evil.example:${port}`, `localhost.evil.example:${port}`, `localhost.:${port}`, `127.0.0.1.nip.io:${port}`, '169.254.169.254', '[::ffff:7f00:1]']) {
            assert.equal((await hello({ ...bearer(ada.accessToken), Host })).status, 403, Host);
          }
        });
      });
    }
  });
}
