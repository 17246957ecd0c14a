/** The authorization server and the resource server: discovery, registration, codes, tokens, and their end. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { appoint } from '../support/deputy.js';
import { signIn } from '../support/human.js';
import { ask } from '../support/http.js';
import { Machine } from '../support/machine.js';
import { Endpoint, codeOf, message, resultOf, textOf } from '../support/mcp.js';
import { OAuthClient, ownAddress } from '../support/oauth-client.js';

/** @typedef {import('../support/deputy.js').Deputy} Deputy */

const SHIRT = { company: 'Acme', mailingAddress: '1 Road\nTown', tshirtSize: 'M' };

const machine = new Machine();
/** The same server by its other name: an issuer and an audience of its own. */
let other = '';
/** @type {OAuthClient} */
let client;

before(async () => {
  await machine.start();
  other = `http://127.0.0.1:${machine.port}`;
  client = await OAuthClient.register(machine.url);
});
after(() => machine.stop());

/** Where an authorization request leads before any human has seen it. @param {string} url */
async function authorize(url) {
  const answer = await ask(url);
  const location = answer.header('Location');
  return { answer, status: answer.status, redirect: location ? new URL(location) : undefined };
}

/** The error that an authorization request is sent back with. @param {Record<string, string | undefined>} changes @param {OAuthClient} [by] */
async function refusal(changes, by = client) {
  const { status, redirect } = await authorize(by.authorizeUrl(changes));
  assert.equal(status, 302);
  assert.ok(redirect && redirect.href.startsWith(by.redirectUri), `sent to ${redirect}`);
  assert.equal(redirect.searchParams.get('state'), 'the-state');
  assert.equal(redirect.searchParams.get('iss'), machine.url);
  assert.equal(redirect.searchParams.get('code'), null);
  return redirect.searchParams.get('error');
}

/** A deputy's session, refresh token and access token are dead, all of them. @param {Deputy} deputy @param {import('../support/mcp.js').Session} session */
async function assertEnded(deputy, session) {
  assert.equal((await deputy.mcp.modern('server/discover')).status, 401, 'the access token');
  assert.equal((await session.request('ping')).status, 401, 'the session');
  const refreshed = await deputy.client.refresh(deputy.refreshToken);
  assert.equal(refreshed.status, 400, 'the refresh token');
  assert.equal(refreshed.body.error, 'invalid_grant');
}

/** @param {Deputy} deputy */
async function assertStands(deputy) {
  assert.equal((await deputy.mcp.modern('server/discover')).status, 200);
}

describe('discovery', () => {
  test('the metadata of the authorization server says what clients look for', async () => {
    for (const issuer of [machine.url, other]) {
      const answer = await ask(`${issuer}/.well-known/oauth-authorization-server`, { headers: { 'MCP-Protocol-Version': '2024-11-05' } });
      assert.equal(answer.status, 200);
      const metadata = answer.json;
      assert.equal(metadata.issuer, issuer);
      assert.equal(metadata.authorization_endpoint, `${issuer}/authorize`);
      assert.equal(metadata.token_endpoint, `${issuer}/token`);
      assert.equal(metadata.registration_endpoint, `${issuer}/register`);
      assert.equal(metadata.revocation_endpoint, `${issuer}/token`);
      assert.deepEqual(metadata.response_types_supported, ['code']);
      assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
      assert.deepEqual(metadata.scopes_supported, ['shop:read', 'shop:buy']);
      for (const type of ['authorization_code', 'refresh_token']) assert.ok(metadata.grant_types_supported.includes(type));
      assert.ok(metadata.token_endpoint_auth_methods_supported.includes('none'));
      assert.equal(metadata.client_id_metadata_document_supported, true);
      assert.equal(metadata.authorization_response_iss_parameter_supported, true);
    }
  });

  test('the metadata of the protected resource is at both well-known places', async () => {
    for (const origin of [machine.url, other]) {
      for (const suffix of ['', '/mcp']) {
        const answer = await ask(`${origin}/.well-known/oauth-protected-resource${suffix}`);
        assert.equal(answer.status, 200);
        assert.equal(answer.header('Access-Control-Allow-Origin'), '*');
        const { resource, authorization_servers, scopes_supported, bearer_methods_supported } = answer.json;
        assert.equal(resource, `${origin}/mcp`);
        assert.deepEqual(authorization_servers, [origin]);
        assert.deepEqual(scopes_supported, ['shop:read', 'shop:buy']);
        assert.deepEqual(bearer_methods_supported, ['header']);
      }
    }
    assert.equal((await ask(`${machine.url}/.well-known/oauth-protected-resource/other`)).status, 404);
    assert.equal((await ask(`${machine.url}/.well-known/oauth-protected-resource`, { method: 'POST' })).status, 405);
  });

  test('browsers may read and use all of it', async () => {
    const headers = { Origin: 'http://localhost:6274', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' };
    const paths = ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-authorization-server', '/register', '/token'];
    for (const path of paths) {
      const answer = await ask(machine.url + path, { method: 'OPTIONS', headers });
      assert.equal(answer.status, 204, path);
      assert.ok(['*', headers.Origin].includes(answer.header('Access-Control-Allow-Origin') ?? ''), path);
    }
  });

  test('without a token: 401, and where to get one for what', async () => {
    for (const origin of [machine.url, other]) {
      for (const method of ['POST', 'GET', 'DELETE']) {
        const answer = await ask(`${origin}/mcp`, { method, headers: { 'MCP-Protocol-Version': '2024-11-05' } });
        assert.equal(answer.status, 401);
        const metadata = `resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
        assert.equal(answer.header('WWW-Authenticate'), `Bearer ${metadata}, scope="shop:read shop:buy"`);
      }
    }
  });

  test('with a token that is none: 401, and the challenge says so', async () => {
    const answer = await new Endpoint(`${machine.url}/mcp`, 'nonsense').modern('server/discover');
    assert.equal(answer.status, 401);
    const metadata = `resource_metadata="${machine.url}/.well-known/oauth-protected-resource/mcp"`;
    assert.equal(answer.header('WWW-Authenticate'), `Bearer error="invalid_token", ${metadata}, scope="shop:read shop:buy"`);
  });
});

describe('registration', () => {
  /** @param {object} metadata @param {string} [address] */
  const register = (metadata, address = ownAddress()) =>
    ask(`${machine.url}/register`, { headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': address }, body: JSON.stringify(metadata) });
  const good = { client_name: 'A client', redirect_uris: ['http://127.0.0.1:9999/callback'], token_endpoint_auth_method: 'none' };

  test('a public client gets an id and no secret', async () => {
    const answer = await register(good);
    assert.equal(answer.status, 201);
    assert.ok(answer.json.client_id);
    assert.equal(answer.json.client_secret, undefined);
    assert.deepEqual(answer.json.redirect_uris, good.redirect_uris);
    assert.match(answer.header('Cache-Control') ?? '', /no-store/);
  });

  test('redirect URIs that nobody could trust are refused', async () => {
    const bad = ['http://app.example/cb', 'javascript:alert(1)', 'data:text/html,x', 'https://app.example/cb#fragment', 'https://user@app.example/cb', '/callback', ''];
    for (const redirect_uris of [...bad.map((uri) => [uri]), [], undefined]) {
      const answer = await register({ ...good, redirect_uris });
      assert.equal(answer.status, 400, `${redirect_uris}`);
      assert.match(answer.json.error, /^invalid_(client_metadata|redirect_uri)$/);
    }
  });

  test('more than 16 KiB are refused, announced or not', async () => {
    const headers = { 'Content-Type': 'application/json', 'CF-Connecting-IP': ownAddress() };
    const body = (/** @type {number} */ size) => JSON.stringify(good).padEnd(size, ' ');
    const url = `${machine.url}/register`;
    assert.equal((await ask(url, { headers, body: body(16 * 1024) })).status, 201);
    for (const answer of [
      await ask(url, { headers, body: body(16 * 1024 + 1) }),
      await ask(url, { headers, chunks: body(16 * 1024 + 1).match(/.{1,4096}/gs) ?? [] }),
      await ask(url, { headers, body: body(2 * 1024 * 1024) }),
    ]) {
      assert.equal(answer.status, 413);
      assert.equal(answer.json.error, 'invalid_client_metadata');
    }
  });

  test('one address that registers without end is told to wait; others are not', async () => {
    const [busy, quiet] = [ownAddress(), ownAddress()];
    // Twice the limit and one: the window of a minute may end in between.
    for (let i = 0; i < 41; i++) {
      const answer = await register(good, busy);
      if (answer.status === 429) {
        assert.equal(answer.header('Retry-After'), '60');
        assert.equal((await register(good, quiet)).status, 201);
        return;
      }
      assert.equal(answer.status, 201);
    }
    assert.fail('41 registrations from one address, and nobody minds');
  });
});

describe('the authorization request', () => {
  test('a client or a redirect URI that is not known ends on a page, and goes nowhere', async () => {
    const web = await OAuthClient.register(machine.url, { redirect_uris: ['https://app.example/callback?a=b'] });
    const urls = [
      client.authorizeUrl({ client_id: 'nobody' }),
      client.authorizeUrl({ client_id: undefined }),
      client.authorizeUrl({ redirect_uri: undefined }),
      client.authorizeUrl({ redirect_uri: 'https://evil.example/callback' }),
      client.authorizeUrl({ redirect_uri: 'http://127.0.0.1:9999/other' }),
      client.authorizeUrl({ redirect_uri: 'http://127.0.0.1:9999/callback?more' }),
      client.authorizeUrl({ redirect_uri: 'http://localhost:9999/callback' }),
      client.authorizeUrl({ redirect_uri: 'https://127.0.0.1:9999/callback' }),
      client.authorizeUrl({ redirect_uri: 'http://127.0.0.1.evil.example/callback' }),
      client.authorizeUrl({ redirect_uri: 'http://127.0.0.1:9999@evil.example/callback' }),
      web.authorizeUrl({ redirect_uri: 'https://app.example:8443/callback?a=b' }),
      web.authorizeUrl({ redirect_uri: 'https://app.example/callback' }),
      web.authorizeUrl({ redirect_uri: 'https://app.example/callback/?a=b' }),
      web.authorizeUrl({ redirect_uri: 'https://APP.example/callback?a=b' }),
    ];
    for (const url of urls) {
      const { answer, status, redirect } = await authorize(url);
      assert.equal(status, 400, url);
      assert.equal(redirect, undefined);
      assert.ok(!/http-equiv="refresh"/.test(answer.text));
      assert.match(answer.text, /This sign-in cannot go on/);
    }
  });

  test('the registered loopback address may have any port', async () => {
    for (const port of [1024, 49152, 65535]) {
      const redirectUri = `http://127.0.0.1:${port}/callback`;
      const { redirect } = await signIn(client.authorizeUrl({ redirect_uri: redirectUri }));
      assert.ok(redirect && redirect.href.startsWith(`${redirectUri}?`));
      const code = redirect.searchParams.get('code') ?? '';
      const tokens = await client.token({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: client.verifier });
      assert.equal(tokens.status, 200);
    }
  });

  test('state and issuer come back with the code', async () => {
    const state = ' &=#?+%20\u2603';
    const { redirect } = await signIn(client.authorizeUrl({ state }));
    assert.deepEqual(redirect?.searchParams.getAll('state'), [state]);
    assert.deepEqual(redirect?.searchParams.getAll('iss'), [machine.url]);
    assert.equal(redirect?.searchParams.getAll('code').length, 1);
  });

  test('PKCE is required, for public and confidential clients', async () => {
    const confidential = await OAuthClient.register(machine.url, { token_endpoint_auth_method: 'client_secret_basic' });
    for (const by of [client, confidential]) {
      assert.equal(await refusal({ code_challenge: undefined, code_challenge_method: undefined }, by), 'invalid_request');
      assert.equal(await refusal({ code_challenge_method: 'plain' }, by), 'invalid_request');
      // RFC 7636: a challenge without a method is "plain".
      assert.equal(await refusal({ code_challenge_method: undefined }, by), 'invalid_request');
    }
  });

  test('the resource must be the endpoint, to the letter', async () => {
    const wrong = [machine.url, `${machine.url}/`, `${machine.url}/mcp/`, `${machine.url}/MCP`, `${machine.url}/mcp/x`, `${other}/mcp`, 'https://elsewhere.example/mcp', 'mcp', `${machine.url}/mcp#x`];
    for (const resource of wrong) assert.equal(await refusal({ resource }), 'invalid_target', resource);
    const two = new URL(client.authorizeUrl());
    two.searchParams.append('resource', 'https://elsewhere.example/mcp');
    assert.equal((await authorize(two.href)).redirect?.searchParams.get('error'), 'invalid_target');
  });

  test('a client that names no resource gets a token for the endpoint', async () => {
    const deputy = await machine.appoint({ asks: { resource: undefined } });
    assert.equal(deputy.tokens.resource, `${machine.url}/mcp`);
    await assertStands(deputy);
  });

  test('only codes are given, and only for scopes that there are', async () => {
    assert.match((await refusal({ response_type: 'token' })) ?? '', /^(unsupported_response_type|unauthorized_client)$/);
    assert.equal(await refusal({ scope: 'admin everything' }), 'invalid_scope');
    const some = await machine.appoint({ asks: { scope: 'shop:read admin' } });
    assert.equal(some.tokens.scope, 'shop:read');
    const all = await machine.appoint({ asks: { scope: undefined } });
    assert.equal(all.tokens.scope, 'shop:read shop:buy');
  });
});

describe('codes', () => {
  test('a code is good for one pair of tokens, which no cache keeps', async () => {
    const answer = await client.redeem(await client.authorize());
    assert.equal(answer.status, 200);
    assert.equal(answer.body.token_type.toLowerCase(), 'bearer');
    assert.equal(answer.body.scope, 'shop:read shop:buy');
    assert.equal(answer.body.resource, `${machine.url}/mcp`);
    assert.ok(answer.body.expires_in > 0);
    assert.match(answer.headers.get('Cache-Control') ?? '', /no-store/);
  });

  test('a code that is used again ends what it gave', async () => {
    const fresh = await OAuthClient.register(machine.url);
    const code = await fresh.authorize();
    const { body } = await fresh.redeem(code);
    const mcp = new Endpoint(`${machine.url}/mcp`, body.access_token);
    const deputy = { client: fresh, accessToken: body.access_token, refreshToken: body.refresh_token, tokens: body, mcp };
    const session = await mcp.open();
    const again = await fresh.redeem(code);
    assert.equal(again.status, 400);
    assert.equal(again.body.error, 'invalid_grant');
    await assertEnded(deputy, session);
  });

  test('of 10 that redeem one code at once, nobody keeps a token', async () => {
    const fresh = await OAuthClient.register(machine.url);
    const code = await fresh.authorize();
    const answers = await Promise.all(Array.from({ length: 10 }, () => fresh.redeem(code)));
    const given = answers.filter(({ status }) => status === 200);
    for (const { body } of given) {
      assert.equal((await new Endpoint(`${machine.url}/mcp`, body.access_token).modern('server/discover')).status, 401);
    }
    assert.ok(answers.some(({ body }) => body.error === 'invalid_grant'));
  });

  test('a code is of no use to another client, nor with another verifier, redirect URI or resource', async () => {
    const thief = await OAuthClient.register(machine.url);
    const code = await client.authorize();
    const right = { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: client.verifier };
    thief.verifier = client.verifier;
    assert.equal((await thief.redeem(code)).body.error, 'invalid_grant');
    assert.equal((await client.token({ ...right, code_verifier: randomBytes(32).toString('base64url') })).body.error, 'invalid_grant');
    const { code_verifier: _, ...withoutVerifier } = right;
    assert.equal((await client.token(withoutVerifier)).status, 400);
    assert.equal((await client.token({ ...right, redirect_uri: 'http://127.0.0.1:1/callback' })).body.error, 'invalid_grant');
    assert.equal((await client.token({ ...right, resource: `${other}/mcp` })).body.error, 'invalid_target');
    assert.equal((await client.token({ ...right, code: `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}` })).body.error, 'invalid_grant');
    assert.equal((await client.token({ ...right, client_id: 'nobody' })).status, 401);
    assert.equal((await client.token(right)).status, 200, 'it was not used up by any of this');
  });

  test('a confidential client must show its secret', async () => {
    const registered = await ask(`${machine.url}/register`, {
      headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': ownAddress() },
      body: JSON.stringify({ redirect_uris: [client.redirectUri], token_endpoint_auth_method: 'client_secret_basic' }),
    });
    const { client_id, client_secret } = registered.json;
    const confidential = new OAuthClient(machine.url, client_id, client.redirectUri);
    const code = await confidential.authorize();
    assert.equal((await confidential.redeem(code)).body.error, 'invalid_client');
    const redeem = (/** @type {string} */ secret) =>
      ask(`${machine.url}/token`, {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: `Basic ${btoa(`${client_id}:${secret}`)}` },
        body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: confidential.verifier }).toString(),
      });
    assert.equal((await redeem('wrong')).status, 401);
    assert.equal((await redeem(client_secret)).status, 200);
  });
});

describe('refreshing', () => {
  test('gives a new pair; the new access token works and the new refresh token can be used', async () => {
    const deputy = await machine.appoint();
    const first = await deputy.client.refresh(deputy.refreshToken);
    assert.equal(first.status, 200);
    assert.notEqual(first.body.access_token, deputy.accessToken);
    assert.notEqual(first.body.refresh_token, deputy.refreshToken);
    assert.equal((await new Endpoint(`${machine.url}/mcp`, first.body.access_token).modern('server/discover')).status, 200);
    const second = await deputy.client.refresh(first.body.refresh_token);
    assert.equal(second.status, 200);
    assert.notEqual(second.body.refresh_token, first.body.refresh_token);
    assert.equal((await new Endpoint(`${machine.url}/mcp`, second.body.access_token).modern('server/discover')).status, 200);
  });

  test('a session goes on with the new access token', async () => {
    const deputy = await machine.appoint();
    const session = await deputy.mcp.open();
    const { body } = await deputy.client.refresh(deputy.refreshToken);
    const renewed = new Endpoint(`${machine.url}/mcp`, body.access_token).session(session.id);
    assert.equal((await renewed.request('ping')).status, 200);
  });

  test('20 times the same request at once: one answer for all, and it works', async () => {
    const deputy = await machine.appoint();
    const answers = await Promise.all(Array.from({ length: 20 }, () => deputy.client.refresh(deputy.refreshToken)));
    for (const { status, body } of answers) {
      assert.equal(status, 200);
      assert.deepEqual(body, answers[0].body);
    }
    const { access_token, refresh_token } = answers[0].body;
    assert.equal((await new Endpoint(`${machine.url}/mcp`, access_token).modern('server/discover')).status, 200);
    assert.deepEqual((await deputy.client.refresh(deputy.refreshToken)).body, answers[0].body, 'a late one too');
    assert.equal((await deputy.client.refresh(refresh_token)).status, 200);
  });

  test('a refresh token is of no use to another client', async () => {
    const deputy = await machine.appoint();
    const thief = await OAuthClient.register(machine.url);
    assert.equal((await thief.refresh(deputy.refreshToken)).body.error, 'invalid_grant');
    await deputy.client.refresh(deputy.refreshToken);
    assert.equal((await thief.refresh(deputy.refreshToken)).body.error, 'invalid_grant', 'nor is the answer to it');
  });

  test('a token that was asked for with fewer scopes can do no more than that', async () => {
    const deputy = await machine.appoint();
    const { body } = await deputy.client.token({ grant_type: 'refresh_token', refresh_token: deputy.refreshToken, scope: 'shop:read' });
    assert.equal(body.scope, 'shop:read');
    const narrow = new Endpoint(`${machine.url}/mcp`, body.access_token);
    assert.ok(!(await narrow.call('listMcpShopOrders')).isError);
    const bought = await narrow.modern('tools/call', { name: 'buyMcpShopItem', arguments: SHIRT });
    assert.equal(bought.status, 403, bought.text);
    const more = await deputy.client.token({ grant_type: 'refresh_token', refresh_token: body.refresh_token, scope: 'shop:read shop:buy admin' });
    assert.equal(more.body.scope, 'shop:read shop:buy');
    assert.equal((await deputy.client.token({ grant_type: 'refresh_token', refresh_token: more.body.refresh_token, scope: 'admin' })).body.error, 'invalid_scope');
  });

  test('a token request that is none is refused', async () => {
    const url = `${machine.url}/token`;
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    assert.equal((await ask(url)).status, 405);
    assert.equal((await ask(url, { headers: { 'Content-Type': 'application/json' }, body: '{}' })).status, 400);
    assert.equal((await client.token({ grant_type: 'password', username: 'ada', password: 'x' })).body.error, 'unsupported_grant_type');
    assert.equal((await client.token({ grant_type: 'refresh_token' })).status, 400);
    assert.equal((await ask(url, { headers: form, body: `token=${'x'.repeat(16 * 1024)}` })).status, 413);
  });
});

describe('the end of a grant', () => {
  for (const which of /** @type {const} */ (['accessToken', 'refreshToken'])) {
    test(`revoking the ${which === 'accessToken' ? 'access' : 'refresh'} token ends all of it at once, and nothing else`, async () => {
      const deputy = await machine.appoint();
      const bystander = await machine.appoint();
      const session = await deputy.mcp.open();
      assert.equal((await session.request('ping')).status, 200);
      const revoked = await deputy.client.revoke(deputy[which]);
      assert.equal(revoked.status, 200);
      await assertEnded(deputy, session);
      await assertStands(bystander);
      assert.equal((await deputy.client.revoke(deputy[which])).status, 200, 'again: nothing to do');
    });
  }

  test('revoking any token ends those that came by refreshing too', async () => {
    const deputy = await machine.appoint();
    const { body } = await deputy.client.refresh(deputy.refreshToken);
    const renewed = new Endpoint(`${machine.url}/mcp`, body.access_token);
    await deputy.client.revoke(deputy.accessToken);
    assert.equal((await renewed.modern('server/discover')).status, 401);
    assert.equal((await deputy.client.refresh(body.refresh_token)).body.error, 'invalid_grant');
    assert.equal((await deputy.client.refresh(deputy.refreshToken)).body.error, 'invalid_grant', 'even as a repetition');
  });

  test('nobody revokes the token of another client', async () => {
    const deputy = await machine.appoint();
    const stranger = await OAuthClient.register(machine.url);
    for (const token of [deputy.accessToken, deputy.refreshToken]) assert.equal((await stranger.revoke(token)).status, 200);
    await assertStands(deputy);
    assert.equal((await deputy.client.refresh(deputy.refreshToken)).status, 200);
  });

  test('revoking what is no token is answered, and does nothing', async () => {
    for (const token of ['x', 'a:b:c', '::', ':'.repeat(100)]) assert.equal((await client.revoke(token)).status, 200);
  });

  test('when a client is allowed anew, its old grant ends; those of others and of other people stand', async () => {
    const deputy = await machine.appoint();
    const bystander = await machine.appoint();
    const alan = await machine.appoint({ client: deputy.client, choices: { person: 'alan@example.com' } });
    const session = await deputy.mcp.open();
    const anew = await machine.appoint({ client: deputy.client });
    await assertEnded(deputy, session);
    for (const stands of [anew, bystander, alan]) await assertStands(stands);
    // A client that asks for more does so in the middle of a session, and goes on in it, with its new token alone.
    assert.equal((await anew.mcp.session(session.id).request('ping')).status, 200);
    assert.equal((await alan.mcp.session(session.id).request('ping')).status, 404);
  });

  test('an ended grant stays ended after a power cut, and one that stands stays too', async () => {
    const [ended, stands] = [await machine.appoint(), await machine.appoint()];
    const session = await ended.mcp.open();
    await ended.client.revoke(ended.accessToken);
    await machine.crash();
    await machine.start();
    await assertEnded(ended, session);
    await assertStands(stands);
    assert.equal((await stands.client.refresh(stands.refreshToken)).status, 200);
  });
});

describe('which token is for what', () => {
  test('a token for localhost is none for 127.0.0.1, and the other way round', async () => {
    const here = await machine.appoint();
    const there = await appoint(other);
    const pairs = [[here, `${other}/mcp`], [there, `${machine.url}/mcp`]];
    for (const [deputy, url] of /** @type {[Deputy, string][]} */ (pairs)) {
      const elsewhere = new Endpoint(url, deputy.accessToken);
      assert.equal((await elsewhere.modern('server/discover')).status, 401, 'before it was ever used');
      await assertStands(deputy);
      const answer = await elsewhere.modern('server/discover');
      assert.equal(answer.status, 401, 'and when the object remembers it');
      assert.match(answer.header('WWW-Authenticate') ?? '', /error="invalid_token"/);
    }
  });

  test('neither a refresh token nor a code is an access token', async () => {
    const deputy = await machine.appoint();
    const code = await client.authorize();
    for (const token of [deputy.refreshToken, code]) {
      assert.equal((await new Endpoint(`${machine.url}/mcp`, token).modern('server/discover')).status, 401);
    }
    assert.equal((await deputy.client.refresh(deputy.accessToken)).body.error, 'invalid_grant');
  });

  test('a token counts in the Authorization header alone', async () => {
    const { accessToken } = await machine.appoint();
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify(message('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }));
    const url = `${machine.url}/mcp`;
    assert.equal((await ask(`${url}?access_token=${encodeURIComponent(accessToken)}`, { headers, body })).status, 401);
    assert.equal((await ask(url, { headers: { ...headers, 'X-Access-Token': accessToken }, body })).status, 401);
    for (const scheme of ['Basic ', 'Token ', '', 'Bearer x,', 'Bearer  x ']) {
      assert.equal((await ask(url, { headers: { ...headers, Authorization: scheme + accessToken }, body })).status, 401, scheme);
    }
    assert.equal((await ask(url, { headers: { ...headers, Authorization: `bearer ${accessToken}` }, body })).status, 200);
  });

  test('made-up tokens are refused without waking anybody: no storage comes to be', async () => {
    const { accessToken, client: known } = await machine.appoint();
    const [user, grant, secret] = accessToken.split(':');
    const name = randomBytes(16).toString('base64url'); // of the shape of a principal's
    const changed = user.slice(0, -1) + (user.endsWith('A') ? 'B' : 'A');
    const tokens = ['x', 'a:b:c', `${name}:${grant}:${secret}`, `${name}${user.slice(22)}:${grant}:${secret}`, `${changed}:${grant}:${secret}`, `${user.slice(0, 22)}:${grant}:${secret}`];
    const before = machine.objects;
    assert.ok(before.length > 0);
    for (const token of tokens) {
      assert.equal((await new Endpoint(`${machine.url}/mcp`, token).modern('server/discover')).status, 401, token);
      assert.equal((await known.refresh(token)).status, 400);
      assert.equal((await known.redeem(token)).status, 400);
      assert.equal((await known.revoke(token)).status, 200);
    }
    assert.deepEqual(machine.objects, before);
    const mine = [`${user}:${grant}:${'A'.repeat(32)}`, `${user}:${'A'.repeat(16)}:${secret}`];
    for (const token of mine) assert.equal((await new Endpoint(`${machine.url}/mcp`, token).modern('server/discover')).status, 401, token);
  });
});

describe('scopes', () => {
  const buy = { name: 'buyMcpShopItem', arguments: SHIRT };

  test('a scope that the client never asked for is asked for by 403, with all that the tool needs', async () => {
    const deputy = await machine.appoint({ asks: { scope: 'shop:read' } });
    assert.equal(deputy.tokens.scope, 'shop:read');
    const session = await deputy.mcp.open();
    for (const answer of [await deputy.mcp.modern('tools/call', buy), await session.request('tools/call', buy)]) {
      assert.equal(answer.status, 403);
      const metadata = `resource_metadata="${machine.url}/.well-known/oauth-protected-resource/mcp"`;
      assert.equal(answer.header('WWW-Authenticate'), `Bearer error="insufficient_scope", scope="shop:read shop:buy", ${metadata}`);
      assert.ok('error' in answer.json && 'id' in answer.json);
    }
    const names = resultOf(await session.request('tools/list')).tools.map((/** @type {any} */ tool) => tool.name);
    assert.ok(names.includes('buyMcpShopItem'), 'the tool is there to be asked for');
    assert.ok(!(await deputy.mcp.call('listMcpShopOrders')).isError);
    assert.equal((await machine.appoint({ client: deputy.client })).tokens.scope, 'shop:read shop:buy', 'and stepping up works');
  });

  test('what the human declined is a refusal in a result, for a sign-in again would not help', async () => {
    const deputy = await machine.appoint({ choices: { scopes: ['shop:read'] } });
    assert.equal(deputy.tokens.scope, 'shop:read');
    for (const result of [await deputy.mcp.call(buy.name, SHIRT), await (await deputy.mcp.open()).call(buy.name, SHIRT)]) {
      assert.equal(result.isError, true);
      assert.equal(textOf(result), 'Your human was asked for shop:buy and did not allow it. Connect again only if they want to change that.');
    }
  });

  test('to buy is not to read', async () => {
    const deputy = await machine.appoint({ choices: { scopes: ['shop:buy'] } });
    assert.ok(!(await deputy.mcp.call(buy.name, SHIRT)).isError);
    assert.equal((await deputy.mcp.call('listMcpShopOrders')).isError, true);
  });

  test('in a batch, a missing scope is an error of its own element', async () => {
    const deputy = await machine.appoint({ asks: { scope: 'shop:read' } });
    const session = await deputy.mcp.open('2025-03-26');
    const answer = await session.post([message('tools/call', buy), message('ping')]);
    assert.equal(answer.status, 200);
    assert.ok('error' in answer.json[0]);
    assert.deepEqual(answer.json[1].result, {});
    assert.equal(codeOf(await session.request('no/such/method')), -32601);
  });
});
