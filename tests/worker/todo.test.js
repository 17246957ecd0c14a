/** The to-do list behind an issuer: who is let in, what passes at each hop, and what a human allows and takes back. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { AuthorityPage } from '../support/authority-page.js';
import { ask } from '../support/http.js';
import { Browser } from '../support/human.js';
import { IssuerClient } from '../support/issuer-client.js';
import { CLIENT, everyRevision, resultOf, textOf } from '../support/mcp.js';
import { SCOPE, TodoMachine } from '../support/todo-machine.js';

const TOOLS = ['create_new_todo', 'delete_todo', 'get_my_todo_list', 'peek_api_token', 'toggle_todo_status', 'who_am_I'];

const machine = new TodoMachine({ people: 60 });
before(() => machine.start());
after(() => machine.stop());

/** What a tool gave as JSON; it must have succeeded. @param {import('../support/mcp.js').ToolResult} result */
function json(result) {
  assert.ok(!result.isError, textOf(result));
  return JSON.parse(textOf(result));
}

/** What a tool said that must have refused. @param {import('../support/mcp.js').ToolResult} result */
function refusal(result) {
  assert.ok(result.isError, textOf(result));
  return textOf(result);
}

/** @param {import('../support/mcp.js').ToolResult} result @returns {{ id: string, text: string, completed: boolean }[]} */
const todos = (result) => json(result).todos;

/** The parameters of a challenge. @param {import('../support/http.js').Answer} answer */
function challengeOf(answer) {
  const challenge = answer.header('WWW-Authenticate') ?? '';
  assert.match(challenge, /^Bearer /);
  return Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
}

/** Where the metadata of this resource is: its path comes after the well-known one (RFC 9728, 3.1). */
const metadata = () => `${machine.url}/.well-known/oauth-protected-resource/mcp`;

// ---- Who is let in. First, while there is no object yet ----

describe('tokens', () => {
  test('whoever has none is told where to get one', async () => {
    for (const headers of [{}, { Authorization: 'Basic YTpi' }, { Authorization: await machine.issuer.issueToken() }]) {
      for (const method of ['POST', 'GET', 'DELETE']) {
        const answer = await ask(machine.endpoint, { method, headers, body: method === 'POST' ? '{}' : undefined });
        assert.equal(answer.status, 401);
        const challenge = challengeOf(answer);
        assert.equal(challenge.resource_metadata, metadata());
        assert.equal(challenge.scope, SCOPE);
        assert.equal(challenge.error, undefined, 'RFC 6750, 3.1');
      }
    }
    const inQuery = await ask(`${machine.endpoint}?access_token=${await machine.issuer.issueToken()}`, { body: '{}' });
    assert.equal(inQuery.status, 401);
  });

  test('a bad one is refused with the right challenge, and reaches no object, no tool and no issuer', async () => {
    const { issuer } = machine;
    const elsewhere = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const { body } = await IssuerClient.signedIn(issuer.url, machine.endpoint, { person: machine.somebody() });
    const good = await issuer.issueToken({ sub: 'mallory' });
    const [head, , signature] = good.split('.');
    const claims = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(good.split('.')[1], 'base64url').toString()), sub: 'ada' })).toString('base64url');
    /** @type {[string, string][]} */
    const bad = [
      ['another issuer', await issuer.issueToken({ issuer: 'https://elsewhere.example' })],
      ['the issuer with a slash', await issuer.issueToken({ issuer: `${issuer.url}/` })],
      ['no issuer', await issuer.issueToken({ claims: { iss: undefined } })],
      ["the API's audience", await issuer.issueToken({ audience: machine.api.url })],
      ['an audience without the path', await issuer.issueToken({ audience: machine.url })],
      ['an audience with more of a path', await issuer.issueToken({ audience: `${machine.endpoint}/more` })],
      ['no audience', await issuer.issueToken({ claims: { aud: undefined } })],
      ["another issuer's key", await issuer.issueToken({ key: elsewhere })],
      ['an unknown key', await issuer.issueToken({ key: elsewhere, kid: 'unknown' })],
      ['algorithm none', await issuer.issueToken({ alg: 'none' })],
      ['HS256 with the public key', await issuer.issueToken({ alg: 'HS256' })],
      ['RS512', await issuer.issueToken({ alg: 'RS512', key: elsewhere })],
      ['expired', await issuer.issueToken({ expiresIn: -60 })],
      ['no expiry', await issuer.issueToken({ claims: { exp: undefined } })],
      ['not yet valid', await issuer.issueToken({ notBefore: 600 })],
      ['nobody', await issuer.issueToken({ claims: { sub: undefined } })],
      ['no client', await issuer.issueToken({ claims: { client_id: undefined } })],
      ["a client's ID token", body.id_token],
      ['an ID token for this server', await issuer.issueToken({ claims: { nonce: 'n' } })],
      ['an ID token by its audience', await issuer.issueToken({ claims: { aud: ['test-client', machine.endpoint] } })],
      ['more than 8 KB', await issuer.issueToken({ claims: { padding: 'x'.repeat(8192) } })],
      ['other claims under the same signature', [head, claims, signature].join('.')],
      ['no JWT', 'abc'],
      ['nothing of a JWT', 'a.b.c'],
      ['two tokens', `${good} ${good}`],
    ];
    const before = { exchanges: issuer.recorded.length, requests: machine.api.requests.length };
    for (const [what, token] of bad) {
      const mcp = machine.mcp(token);
      for (const answer of [await mcp.modern('tools/call', { name: 'get_my_todo_list' }), await mcp.initialize(), await mcp.ask({ method: 'GET', headers: { Accept: 'text/event-stream' } })]) {
        assert.equal(answer.status, 401, what);
        const challenge = challengeOf(answer);
        assert.equal(challenge.error, 'invalid_token', what);
        assert.equal(challenge.resource_metadata, metadata(), what);
        assert.ok(!answer.text.includes(token) || token.length < 10, what);
      }
    }
    assert.equal(machine.objects('todo').length, 0);
    assert.equal(machine.api.requests.length, before.requests);
    assert.equal(issuer.recorded.length, before.exchanges);

    assert.deepEqual(todos(await machine.mcp(good).call('get_my_todo_list')), [], 'and the good one is good');
    assert.equal(machine.objects('todo').length, 1);
  });

  test("the API takes none of the MCP server's, and the MCP server none of the API's", async () => {
    const { issuer } = machine;
    const forServer = await issuer.issueToken({ sub: 'mallory' });
    const direct = await ask(`${machine.api.target}/api/todos`, { headers: { Authorization: `Bearer ${forServer}` } });
    assert.equal(direct.status, 401);
    assert.equal(challengeOf(direct).error, 'invalid_token');
    const forApi = await issuer.issueToken({ sub: 'mallory', audience: machine.api.url, clientId: issuer.clientId, claims: { act: { sub: issuer.clientId } } });
    assert.equal((await ask(`${machine.api.target}/api/todos`, { headers: { Authorization: `Bearer ${forApi}` } })).status, 200);
    assert.equal((await machine.mcp(forApi).modern('tools/list')).status, 401);
  });

  test("another person's session is nobody's with one's own token", async () => {
    const [ada, bob] = [await machine.appoint(), await machine.appoint()];
    const session = await ada.mcp.open('2025-11-25');
    const stolen = bob.mcp.session(session.id);
    assert.equal((await stolen.request('tools/call', { name: 'get_my_todo_list' })).status, 404);
    assert.deepEqual(todos(await session.call('get_my_todo_list')), [], 'and it goes on for its own');
    // Another client of the same person is another deputy.
    const other = await machine.appoint({ person: ada.person });
    assert.equal((await other.mcp.session(session.id).request('tools/list')).status, 404);
  });

  test('what its scopes do not reach is asked for by a step-up', async () => {
    const reader = await machine.appoint({ scope: 'openid todo_api:read' });
    assert.deepEqual(todos(await reader.mcp.call('get_my_todo_list')), []);
    const refused = await reader.mcp.modern('tools/call', { name: 'create_new_todo', arguments: { text: 'milk' } });
    assert.equal(refused.status, 403);
    const challenge = challengeOf(refused);
    assert.equal(challenge.error, 'insufficient_scope');
    assert.ok(challenge.scope.split(' ').includes('todo_api:write'));
    assert.equal(challenge.resource_metadata, metadata());
    const wider = await machine.appoint({ person: reader.person, client: reader.client });
    const page = await machine.page(reader.person);
    await page.allow('keep');
    assert.deepEqual(todos(await wider.mcp.call('create_new_todo', { text: 'milk' })).map(({ text }) => text), ['milk']);
    assert.equal((await page.state()).deputies.length, 1, 'it is the same deputy');
  });
});

// ---- What clients look for first ----

describe('metadata', () => {
  test('of the resource, in both forms', async () => {
    for (const path of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']) {
      const answer = await ask(machine.url + path);
      assert.equal(answer.status, 200, path);
      assert.match(answer.header('Content-Type') ?? '', /^application\/json/);
      assert.equal(answer.header('Access-Control-Allow-Origin'), '*');
      const { resource, authorization_servers, scopes_supported, bearer_methods_supported } = answer.json;
      assert.equal(resource, machine.endpoint);
      assert.deepEqual(authorization_servers, [machine.issuer.url]);
      assert.deepEqual(scopes_supported, SCOPE.split(' '));
      assert.deepEqual(bearer_methods_supported, ['header']);
    }
  });

  test('of the authorization server, for clients that look at this host alone', async () => {
    const theirs = (await ask(`${machine.issuer.url}/.well-known/openid-configuration`)).json;
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/oauth-authorization-server/mcp']) {
      const { json: ours, status } = await ask(machine.url + path);
      assert.equal(status, 200, path);
      for (const name of ['issuer', 'jwks_uri', 'scopes_supported', 'registration_endpoint', 'authorization_endpoint', 'token_endpoint']) {
        assert.ok(theirs[name], name);
        assert.deepEqual(ours[name], theirs[name], name);
      }
      assert.deepEqual(ours.response_types_supported, ['code']);
      assert.deepEqual(ours.grant_types_supported, ['authorization_code', 'refresh_token']);
      assert.deepEqual(ours.token_endpoint_auth_methods_supported, ['none']);
      assert.deepEqual(ours.code_challenge_methods_supported, ['S256']);
    }
  });

  test('there is no authorization server here', async () => {
    for (const path of ['/register', '/token', '/authorize', '/consent']) {
      assert.equal((await ask(machine.url + path, { method: 'POST', body: 'grant_type=authorization_code' })).status, 404, path);
    }
  });
});

// ---- The list ----

describe('the list', () => {
  test('is worked in every revision, with the right token at each hop', async () => {
    const { issuer, api } = machine;
    const { sub, accessToken, mcp, page, client } = await machine.deputize('all', { most: 1000 });
    for (const way of await everyRevision(mcp)) {
      const { revision } = way;
      const { tools } = resultOf(await way.request('tools/list'));
      assert.deepEqual(tools.map((/** @type {any} */ { name }) => name).sort(), TOOLS, revision);

      const me = json(await way.call('who_am_I')).claims;
      assert.deepEqual([me.iss, me.sub, me.client_id, me.act], [issuer.url, sub, client.clientId, undefined], revision);
      const peeked = json(await way.call('peek_api_token')).claims;
      assert.deepEqual([peeked.sub, peeked.aud, peeked.scope, peeked.act], [sub, api.url, 'todo_api:read', { sub: issuer.clientId }], revision);

      assert.deepEqual(todos(await way.call('get_my_todo_list')), [], revision);
      const [{ id, ...added }] = todos(await way.call('create_new_todo', { text: `milk, ${revision}` }));
      assert.deepEqual(added, { text: `milk, ${revision}`, completed: false }, revision);
      assert.deepEqual(todos(await way.call('toggle_todo_status', { todoId: id, completed: true })), [{ id, ...added, completed: true }], revision);
      assert.deepEqual(todos(await way.call('get_my_todo_list')), [{ id, ...added, completed: true }], revision);
      assert.deepEqual(todos(await way.call('delete_todo', { todoId: id })), [], revision);
    }

    const exchanges = machine.exchangesOf(sub);
    assert.deepEqual(exchanges.map(({ parameters }) => parameters.scope).sort(), ['todo_api:read', 'todo_api:write'], 'one of each, for all calls');
    for (const { clientId, parameters, subject, accessToken: claims, status } of exchanges) {
      assert.equal(status, 200);
      assert.equal(clientId, issuer.clientId);
      assert.equal(parameters.subject_token, accessToken);
      assert.equal(parameters.subject_token_type, 'urn:ietf:params:oauth:token-type:access_token');
      assert.equal(parameters.requested_token_type, 'urn:ietf:params:oauth:token-type:access_token');
      assert.equal(parameters.resource, api.url);
      assert.equal(subject?.aud, machine.endpoint);
      assert.deepEqual([claims?.sub, claims?.aud, claims?.scope, claims?.act], [sub, api.url, parameters.scope, { sub: issuer.clientId }]);
    }

    const requests = machine.requestsOf(sub);
    assert.ok(requests.length >= 25);
    for (const { method, claims, token, headers } of requests) {
      assert.equal(claims?.scope, method === 'GET' ? 'todo_api:read' : 'todo_api:write', method);
      assert.deepEqual([claims?.sub, claims?.aud, claims?.act], [sub, api.url, { sub: issuer.clientId }]);
      assert.notEqual(token, accessToken);
      assert.equal(headers['mcp-session-id'], undefined);
    }
    assert.ok(api.requests.every(({ token }) => token !== accessToken), "the client's own token never goes downstream");

    // Claim 8 of the authority: the API knows the human and the server, the trail adds the grant and the client.
    const token = await issuer.issueToken({ sub, audience: api.url, scope: 'todo_api:read' });
    const { changes } = (await ask(`${api.target}/api/changes`, { headers: { Authorization: `Bearer ${token}` } })).json;
    assert.ok(changes.length > 0);
    for (const { sub: whom, act } of changes) assert.deepEqual([whom, act], [sub, [issuer.clientId]]);
    const calls = (await page.entries()).filter(({ kind, tool }) => kind === 'call' && tool === 'create_new_todo');
    assert.ok(calls.length > 0);
    const [deputy] = (await page.state()).deputies;
    for (const { raw } of calls) {
      assert.ok(JSON.stringify(raw).includes(deputy.grant));
      assert.ok(JSON.stringify(raw).includes(client.clientId));
    }
  });

  test('its tools say what they do', async () => {
    const { mcp } = await machine.deputize('all');
    const { tools } = resultOf(await mcp.modern('tools/list'));
    const named = new Map(tools.map((/** @type {any} */ tool) => [tool.name, tool]));
    for (const name of ['who_am_I', 'peek_api_token', 'get_my_todo_list']) assert.equal(named.get(name).annotations.readOnlyHint, true, name);
    assert.equal(named.get('delete_todo').annotations.destructiveHint, true);
    assert.equal(named.get('create_new_todo').annotations.destructiveHint, false);
    for (const name of ['toggle_todo_status', 'delete_todo']) assert.equal(named.get(name).annotations.idempotentHint, true, name);
    for (const { name, inputSchema, outputSchema } of tools) {
      assert.equal(inputSchema.additionalProperties, false, name);
      assert.equal(outputSchema.type, 'object', name);
    }
    const added = await mcp.call('create_new_todo', { text: 'milk' });
    assert.deepEqual(added.structuredContent, json(added));
  });

  test('arguments that will not do are refused before anything is asked for', async () => {
    const { sub, mcp } = await machine.deputize('all');
    const [{ id }] = todos(await mcp.call('create_new_todo', { text: 'milk' }));
    const before = machine.requestsOf(sub).length;
    /** @type {[string, object][]} */
    const wrong = [
      ['create_new_todo', {}],
      ['create_new_todo', { text: '' }],
      ['create_new_todo', { text: ' ' }],
      ['create_new_todo', { text: 'x'.repeat(501) }],
      ['create_new_todo', { text: 'a\u0000b' }],
      ['create_new_todo', { text: 'milk', more: true }],
      ['toggle_todo_status', { todoId: id }],
      ['toggle_todo_status', { todoId: id, completed: 'yes' }],
      ['delete_todo', { todoId: '' }],
      ['delete_todo', { todoId: 7 }],
    ];
    for (const [name, args] of wrong) refusal(await mcp.call(name, args));
    assert.equal(machine.requestsOf(sub).length, before);
    for (const todoId of ['nothing', '../changes']) {
      assert.match(refusal(await mcp.call('toggle_todo_status', { todoId, completed: true })), /no entry/i);
      assert.match(refusal(await mcp.call('delete_todo', { todoId })), /no entry/i);
    }
    assert.deepEqual(todos(await mcp.call('get_my_todo_list')).map(({ text }) => text), ['milk']);
  });

  test("is one person's, whichever client asks", async () => {
    const ada = await machine.deputize();
    const other = await machine.deputize('keep', { person: ada.person });
    const bob = await machine.deputize();
    await ada.mcp.call('create_new_todo', { text: "Ada's" });
    await bob.mcp.call('create_new_todo', { text: "Bob's" });
    assert.deepEqual(todos(await other.mcp.call('get_my_todo_list')).map(({ text }) => text), ["Ada's"]);
    const [{ id }] = todos(await bob.mcp.call('get_my_todo_list'));
    assert.match(refusal(await ada.mcp.call('toggle_todo_status', { todoId: id, completed: true })), /no entry/i);
    assert.equal((await ada.page.state()).deputies.length, 2);
  });

  test('shows tokens as they are where the demo is on, and their claims elsewhere', async () => {
    const { mcp, accessToken } = await machine.appoint();
    assert.equal(json(await mcp.call('who_am_I')).token, accessToken);
    const { token, claims } = json(await mcp.call('peek_api_token'));
    assert.deepEqual(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()), claims);
  });
});

// ---- What a human allows ----

describe('deputies', () => {
  test('one that was never seen may read, and says where its human can allow more', async () => {
    const { sub, mcp, person, client } = await machine.appoint();
    const token = await machine.issuer.issueToken({ sub, audience: machine.api.url, scope: 'todo_api:write' });
    const added = await ask(`${machine.api.target}/api/todos`, { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ todoText: 'bread' }) });
    assert.equal(added.status, 200, added.text);
    const [{ id }] = todos(await mcp.call('get_my_todo_list'));
    for (const [name, args] of /** @type {[string, object][]} */ ([['create_new_todo', { text: 'milk' }], ['toggle_todo_status', { todoId: id, completed: true }]])) {
      assert.ok(refusal(await mcp.call(name, args)).includes(`${machine.url}/authority`), name);
    }
    assert.ok(machine.exchangesOf(sub).every(({ parameters }) => parameters.scope === 'todo_api:read'), 'nothing was asked for that it may not');
    assert.ok(machine.requestsOf(sub).slice(1).every(({ method }) => method === 'GET'));

    const page = await machine.page(person);
    const { deputies, person: shown } = await page.state();
    assert.equal(deputies.length, 1);
    assert.deepEqual(deputies[0].client, { name: CLIENT.name, known_by: 'a name that it gave itself', host: client.clientId });
    assert.equal(shown.email, person);
    await page.allow('keep');
    assert.deepEqual(todos(await mcp.call('create_new_todo', { text: 'milk' })).map(({ text }) => text), ['bread', 'milk']);
  });

  test('the page signs in at the same issuer, for the same person', async () => {
    const { person } = await machine.appoint();
    const browser = new Browser();
    const first = await browser.open(`${machine.url}/authority`);
    const begins = await browser.open(new URL(first.response.headers.get('Location') ?? first.onward ?? '', first.url).href);
    const url = new URL(begins.response.headers.get('Location') ?? begins.onward ?? '');
    assert.equal(url.origin, machine.issuer.url);
    const asked = Object.fromEntries(url.searchParams);
    assert.equal(asked.client_id, machine.issuer.clientId);
    assert.equal(asked.redirect_uri, `${machine.url}/callback`);
    assert.equal(asked.code_challenge_method, 'S256');
    assert.equal(asked.max_age, '0', 'a session that the issuer still has does not suffice');
    assert.ok(asked.scope.split(' ').includes('openid'));
    const other = await machine.page(machine.somebody());
    assert.deepEqual((await other.state()).deputies, [], 'others see nothing of it');
    assert.notEqual((await (await machine.page(person)).state()).person.email, (await other.state()).person.email);
  });

  test('deleting asks for a yes that is good once, for this entry', async () => {
    const { sub, mcp, page } = await machine.deputize('keep');
    await mcp.call('create_new_todo', { text: 'milk' });
    const [milk, bread] = todos(await mcp.call('create_new_todo', { text: 'bread' }));
    const asked = refusal(await mcp.call('delete_todo', { todoId: milk.id }));
    assert.ok(asked.includes(`${machine.url}/authority/approvals/`), asked);
    const deletions = () => machine.requestsOf(sub).filter(({ method }) => method === 'DELETE').length;
    assert.equal(deletions(), 0);
    assert.ok(machine.exchangesOf(sub).length <= 2);

    const [waiting] = (await page.state()).approvals;
    assert.ok(JSON.stringify(waiting.what).includes('milk'), 'the human reads what goes, and not only its id');
    await page.do({ do: 'approve', id: waiting.id });
    refusal(await mcp.call('delete_todo', { todoId: bread.id }));
    assert.deepEqual(todos(await mcp.call('delete_todo', { todoId: milk.id })).map(({ text }) => text), ['bread']);
    assert.equal(deletions(), 1);

    const no = (await page.state()).approvals.find((/** @type {any} */ { state }) => state === 'waiting');
    await page.do({ do: 'refuse', id: no.id });
    refusal(await mcp.call('delete_todo', { todoId: bread.id }));
    assert.equal(deletions(), 1);
    assert.deepEqual(todos(await mcp.call('get_my_todo_list')).map(({ text }) => text), ['bread']);
  });

  test('whoever is asked about an entry reads what it says', async () => {
    const { sub, mcp, page, grant } = await machine.deputize('all');
    const [{ id }] = todos(await mcp.call('create_new_todo', { text: 'milk' }));
    const { bounds } = (await page.state()).deputies[0];
    await page.do({ do: 'bounds', grant, bounds: { ...bounds, ask_above: [{ measure: 'changes', amount: 0 }] } });
    refusal(await mcp.call('toggle_todo_status', { todoId: id, completed: true }));
    const [waiting] = (await page.state()).approvals;
    assert.deepEqual(waiting.what.map((/** @type {string[]} */ [, value]) => value), ['milk', 'done', id]);
    assert.equal(machine.requestsOf(sub).filter(({ method }) => method === 'PATCH').length, 0);
  });

  test('the trail says that a token, and no human, made it a deputy and widened it', async () => {
    const person = machine.somebody();
    const reader = await machine.appoint({ person, scope: 'openid todo_api:read' });
    await reader.mcp.call('get_my_todo_list');
    const writer = await machine.appoint({ person, client: reader.client });
    await writer.mcp.call('get_my_todo_list');
    const page = await machine.page(person);
    const entries = (await page.entries()).filter(({ kind }) => !['call', 'outcome'].includes(kind)).reverse();
    assert.deepEqual(entries.map(({ kind, raw }) => [kind, raw.era]), [['grant', 'token'], ['scopes', 'token']]);
    const { before, after } = entries[1].raw.details;
    assert.deepEqual([before.scopes, after.scopes], [['todo_api:read'], ['todo_api:read', 'todo_api:write']]);
    assert.match(entries[1].text, /more scopes/);
  });

  test('2025-11-25: the client shows the page by itself, where it can', async () => {
    const { mcp, page } = await machine.deputize('keep');
    const [{ id }] = todos(await mcp.call('create_new_todo', { text: 'milk' }));
    const session = await mcp.open('2025-11-25', { elicitation: { url: {} } });
    const refused = await session.request('tools/call', { name: 'delete_todo', arguments: { todoId: id } });
    assert.equal(refused.json.error.code, -32042, refused.text);
    await page.do({ do: 'approve', id: refused.json.error.data.elicitations[0].elicitationId });
    assert.deepEqual(todos(await session.call('delete_todo', { todoId: id })), []);
  });

  test('paused, it stands still', async () => {
    const { mcp, page, grant } = await machine.deputize('keep');
    await page.do({ do: 'pause', grant });
    assert.match(refusal(await mcp.call('create_new_todo', { text: 'milk' })), /paused/);
    await page.do({ do: 'resume', grant });
    assert.equal(todos(await mcp.call('create_new_todo', { text: 'milk' })).length, 1);
  });
});

// ---- What a human takes back ----

/** Forbidden, in a way that makes no client sign in again. @param {import('../support/http.js').Answer} answer */
function assertShutOut(answer) {
  assert.equal(answer.status, 403, answer.text);
  assert.equal(answer.header('WWW-Authenticate'), null, 'a challenge would begin a sign-in');
  assert.ok(answer.text.includes(`${machine.url}/authority`), answer.text);
}

describe('revocation', () => {
  test('ends all tokens of the client, those to come too, until its human allows it again', async () => {
    const deputy = await machine.deputize('keep');
    const { mcp, page, grant, client, person, sub, refreshToken } = deputy;
    const session = await mcp.open('2025-11-25');
    const bystander = await machine.appoint({ person });
    await bystander.mcp.call('get_my_todo_list');
    await page.do({ do: 'revoke', grant });

    assertShutOut(await mcp.modern('tools/call', { name: 'get_my_todo_list' }));
    assertShutOut(await session.request('tools/list'));
    assertShutOut(await mcp.initialize());
    const refreshed = await client.refresh(refreshToken);
    assert.equal(refreshed.status, 200, 'the issuer knows nothing of it');
    assertShutOut(await machine.mcp(refreshed.body.access_token).modern('tools/list'));
    const anew = await machine.appoint({ person, client });
    assertShutOut(await anew.mcp.modern('tools/list'));
    assert.deepEqual(todos(await bystander.mcp.call('get_my_todo_list')), [], 'another client works on');
    assert.equal(machine.rows('todo', 'exchanged_tokens').filter((row) => row.grant_id === grant).length, 0);
    assert.equal(machine.rows('todo', 'subject_tokens').filter((row) => row.grant_id === grant).length, 0);

    const exchanges = machine.exchangesOf(sub).length;
    const ended = (await page.state()).deputies.find((/** @type {any} */ each) => each.grant === grant);
    assert.ok(ended.live_tokens.own > Date.now(), 'the page says how long they live on elsewhere');
    assert.ok(ended.live_tokens.exchanged > Date.now());
    await page.do({ do: 'allow_again', grant });
    assert.deepEqual(todos(await anew.mcp.call('get_my_todo_list')), []);
    assert.ok(refusal(await anew.mcp.call('create_new_todo', { text: 'x' })).includes('/authority'), 'it begins anew, and only reads');
    assert.ok(machine.exchangesOf(sub).length > exchanges, 'no token of before the revocation is used');
    assert.deepEqual(todos(await mcp.call('get_my_todo_list')), [], 'an older token of the same client too');
  });

  test('of all ends those who never came, too', async () => {
    const first = await machine.deputize('keep');
    const { person, page } = first;
    const second = await machine.appoint({ person });
    await second.mcp.call('get_my_todo_list');
    const other = await machine.appoint();
    await page.do({ do: 'revoke_all' });

    const unknown = await machine.appoint({ person });
    for (const { mcp } of [first, second, unknown]) assertShutOut(await mcp.modern('tools/call', { name: 'get_my_todo_list' }));
    assert.deepEqual(todos(await other.mcp.call('get_my_todo_list')), [], 'other people have nothing to do with it');

    const { deputies } = await page.state();
    const came = deputies.find((/** @type {any} */ { client }) => client.host === unknown.client.clientId);
    assert.ok(came, 'the human sees who came');
    assert.ok(came.ended);
    await page.do({ do: 'allow_again', grant: came.grant });
    assert.deepEqual(todos(await unknown.mcp.call('get_my_todo_list')), []);
    const next = await machine.appoint({ person });
    assertShutOut(await next.mcp.modern('tools/list'));
    assertShutOut(await first.mcp.modern('tools/list'));
    assertShutOut(await second.mcp.modern('tools/list'));
  });

  test('in the middle of a call stops it before its next request', async () => {
    const { sub, mcp, page, grant } = await machine.deputize('all');
    const [{ id }] = todos(await mcp.call('create_new_todo', { text: 'milk' }));
    machine.api.before = async ({ method, claims }) => {
      if (method !== 'GET' || claims?.sub !== sub) return;
      machine.api.before = undefined;
      await page.do({ do: 'revoke', grant });
    };
    const answer = await mcp.modern('tools/call', { name: 'delete_todo', arguments: { todoId: id } });
    assert.ok(answer.status === 403 || answer.json.error || answer.json.result.isError, answer.text);
    assert.equal(machine.api.before, undefined, 'the call had begun');
    assert.ok(machine.requestsOf(sub).every(({ method }) => method !== 'DELETE'));
    const token = await machine.issuer.issueToken({ sub, audience: machine.api.url, scope: 'todo_api:read' });
    const left = await ask(`${machine.api.target}/api/todos`, { headers: { Authorization: `Bearer ${token}` } });
    assert.deepEqual(left.json.todos.map((/** @type {any} */ { text }) => text), ['milk']);
  });

  test("is the human's own: not another's, and by no stale page", async () => {
    const { grant, mcp, page } = await machine.deputize('keep');
    const other = await machine.page(machine.somebody());
    assert.ok((await other.act({ do: 'revoke', grant })).status >= 400);
    assert.equal((await page.act({ do: 'revoke', grant }, { 'X-CSRF': 'wrong' })).status, 403);
    assert.equal((await new AuthorityPage(machine.url, '__Host-authority=nobody.nothing').act({ do: 'revoke', grant })).status, 401);
    assert.equal(todos(await mcp.call('create_new_todo', { text: 'milk' })).length, 1);
    await page.do({ do: 'revoke', grant });
    assert.equal((await other.act({ do: 'allow_again', grant })).status, 404);
    assertShutOut(await mcp.modern('tools/list'));
  });
});
