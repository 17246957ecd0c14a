/** The stand-in for PingFederate: what it promises to those who sign in with it, and to the tests that use it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, mock, test } from 'node:test';
import { promisify } from 'node:util';
import {
  discoverAuthorizationServerMetadata,
  exchangeAuthorization,
  refreshAuthorization,
  registerClient,
  startAuthorization,
} from '@modelcontextprotocol/client';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { startIssuer } from '../../dev/issuer.js';
import { Browser } from '../support/human.js';
import { IssuerClient, register, signInAtIssuer } from '../support/issuer-client.js';

const MCP = 'http://localhost:8788/mcp';
const API = 'http://localhost:8789';
const CALLBACK = 'http://localhost:8788/authority/callback';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ALL_SCOPES = 'openid profile email todo_api:read todo_api:write';
const OPTIONS = { mcpServer: { identifiers: [MCP, 'http://localhost:8788'], redirectUris: [CALLBACK] }, api: { audience: API } };

/** @type {import('../../dev/issuer.js').Issuer} */
let issuer;
/** The MCP server, as the issuer's client. @type {IssuerClient} */
let server;

before(async () => {
  issuer = await startIssuer(OPTIONS);
  server = serverOf(issuer);
});
after(() => issuer.close());

/** @param {import('../../dev/issuer.js').Issuer} at */
function serverOf({ url, clientId, clientSecret }) {
  return new IssuerClient(url, { client_id: clientId, client_secret: clientSecret, redirect_uris: [CALLBACK] }, MCP);
}

/** An issuer of its own for a test that changes it. @param {Partial<import('../../dev/issuer.js').Options>} options @param {(own: import('../../dev/issuer.js').Issuer) => Promise<void>} body */
async function withIssuer(options, body) {
  const own = await startIssuer({ ...OPTIONS, ...options });
  try {
    await body(own);
  } finally {
    await own.close();
  }
}

/** Exchanges a token; undefined leaves a parameter out. @param {string} token @param {Record<string, string | string[] | undefined>} [changes] @param {IssuerClient} [by] */
function exchange(token, changes = {}, by = server) {
  const parameters = { grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, resource: API, scope: 'todo_api:read', ...changes };
  return by.token(/** @type {Record<string, string>} */ (Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined))));
}

/** The claims of a token that a resource server would take. @param {string} token @param {string} audience @param {string} [at] */
async function accepted(token, audience, at = issuer.url) {
  const keys = createRemoteJWKSet(new URL(`${at}/pf/JWKS`));
  return (await jwtVerify(token, keys, { issuer: at, audience, typ: 'at+jwt' })).payload;
}

/** Where an authorization request leads at once. @param {string} url */
async function redirectOf(url) {
  const { status, headers } = await fetch(url, { redirect: 'manual' });
  const location = headers.get('Location');
  return { status, redirect: location ? new URL(location, url) : undefined };
}

/** The error that an authorization request is sent back with. @param {IssuerClient} client @param {Record<string, string | undefined>} changes */
async function refusal(client, changes) {
  const { redirect } = await redirectOf(client.authorizeUrl(changes));
  assert.ok(redirect && redirect.href.startsWith(client.redirectUri), `sent to ${redirect}`);
  assert.equal(redirect.searchParams.get('state'), 'the-state');
  assert.equal(redirect.searchParams.get('code'), null);
  return redirect.searchParams.get('error');
}

describe('Discovery', () => {
  test("the endpoints have PingFederate's paths", async () => {
    const metadata = /** @type {any} */ (await (await fetch(`${issuer.url}/.well-known/openid-configuration`)).json());
    assert.equal(metadata.issuer, issuer.url);
    assert.equal(metadata.authorization_endpoint, `${issuer.url}/as/authorization.oauth2`);
    assert.equal(metadata.token_endpoint, `${issuer.url}/as/token.oauth2`);
    assert.equal(metadata.registration_endpoint, `${issuer.url}/as/clients.oauth2`);
    assert.equal(metadata.introspection_endpoint, `${issuer.url}/as/introspect.oauth2`);
    assert.equal(metadata.revocation_endpoint, `${issuer.url}/as/revoke_token.oauth2`);
    assert.equal(metadata.jwks_uri, `${issuer.url}/pf/JWKS`);
    assert.deepEqual(metadata.scopes_supported, ['openid', 'profile', 'email', 'offline_access', 'todo_api:read', 'todo_api:write']);
    assert.deepEqual(metadata.response_types_supported, ['code']);
    assert.deepEqual(metadata.grant_types_supported, ['authorization_code', 'refresh_token', EXCHANGE]);
    assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
    assert.ok(metadata.token_endpoint_auth_methods_supported.includes('none'));
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
    assert.equal(metadata.client_id_metadata_document_supported, undefined);
  });

  test('the metadata of RFC 8414 is there only where it is switched on', async () => {
    assert.equal((await fetch(`${issuer.url}/.well-known/oauth-authorization-server`)).status, 404);
    await withIssuer({ oauthMetadata: true }, async ({ url }) => {
      const reply = await fetch(`${url}/.well-known/oauth-authorization-server`);
      assert.equal(reply.status, 200);
      assert.equal(/** @type {any} */ (await reply.json()).issuer, url);
    });
  });

  test('no private part of a key is published', async () => {
    const { keys } = /** @type {any} */ (await (await fetch(`${issuer.url}/pf/JWKS`)).json());
    assert.equal(keys.length, 1);
    assert.deepEqual(Object.keys(keys[0]).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  test('it listens on one address of this machine only', async () => {
    const port = Number(new URL(issuer.url).port);
    // All of 127/8 is this machine: a server on all addresses would answer here too.
    const outcome = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.2', () => resolve('connected')).on('error', () => resolve('refused'));
      socket.on('connect', () => socket.destroy());
    });
    assert.equal(outcome, 'refused');
    assert.equal((await fetch(`http://127.0.0.1:${port}/pf/JWKS`)).status, 200);
  });

  test('it prints nothing', async () => {
    const program = `
      import { connect } from 'node:net';
      import { startIssuer } from './dev/issuer.js';
      const issuer = await startIssuer(${JSON.stringify(OPTIONS)});
      const token = issuer.url + '/as/token.oauth2';
      // Somebody asks for nothing, a page asks, and somebody goes away in the middle of a request.
      await fetch(token, { method: 'POST' });
      await fetch(token, { method: 'POST', headers: { Origin: 'http://localhost:1' }, body: new URLSearchParams({ client_id: issuer.clientId }) });
      const socket = connect(new URL(token).port, '127.0.0.1');
      await new Promise((resolve) => socket.write('POST /as/token.oauth2 HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 9\\r\\n\\r\\n', resolve));
      await fetch(token, { method: 'POST' });
      socket.destroy();
      await fetch(token, { method: 'POST' });
      await issuer.close();`;
    const cwd = new URL('../..', import.meta.url);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd });
    assert.equal(stdout + stderr, '');
  });
});

describe('Registration', () => {
  const CLIENTS = {
    'mcp-remote': { client_name: 'MCP CLI Proxy', redirect_uris: ['http://127.0.0.1:17373/oauth/callback'], application_type: 'native', software_id: '2e6dc280' },
    'Claude Code': { client_name: 'Claude Code (shop)', redirect_uris: ['http://localhost:54321/callback'] },
    Claude: { client_name: 'Claude', redirect_uris: ['https://claude.ai/api/mcp/auth_callback'], token_endpoint_auth_method: 'client_secret_post' },
    'the Inspector': { client_name: 'MCP Inspector', redirect_uris: ['http://127.0.0.1:6276/oauth/callback'], client_uri: 'https://example.com', scope: ALL_SCOPES },
    'a desktop application': { client_name: 'Editor', redirect_uris: ['http://127.0.0.1:33418/', 'https://editor.example/redirect', 'editor://callback'] },
  };
  for (const [name, metadata] of Object.entries(CLIENTS)) {
    test(`${name} registers`, async () => {
      const { status, body } = await register(issuer.url, metadata);
      assert.equal(status, 201, JSON.stringify(body));
      assert.ok(body.client_id);
      assert.deepEqual(body.redirect_uris, metadata.redirect_uris);
      assert.equal(body.client_secret !== undefined, 'token_endpoint_auth_method' in metadata);
      assert.equal(body.registration_access_token, undefined, 'a registration stays as it is');
    });
  }

  for (const [what, metadata, error] of /** @type {[string, object, string][]} */ ([
    ['an http address elsewhere', { redirect_uris: ['http://evil.example/callback'] }, 'invalid_redirect_uri'],
    ['an http address elsewhere, as a web application', { redirect_uris: ['http://evil.example/callback'], application_type: 'web' }, 'invalid_redirect_uri'],
    ['a script as its address', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['no address', { redirect_uris: [] }, 'invalid_redirect_uri'],
    ['an unknown scope', { scope: 'openid todo_api:admin' }, 'invalid_client_metadata'],
    ['an implicit flow', { response_types: ['id_token'] }, 'invalid_client_metadata'],
  ])) {
    test(`a client with ${what} does not`, async () => {
      const { status, body } = await register(issuer.url, metadata);
      assert.equal(status, 400);
      assert.equal(body.error, error);
    });
  }

  test('nobody registers for token exchange', async () => {
    const { body } = await register(issuer.url, { grant_types: ['authorization_code', EXCHANGE], token_endpoint_auth_method: 'client_secret_basic' });
    assert.deepEqual(body.grant_types, ['authorization_code']);
    const { status, body: refused } = await exchange(await issuer.issueToken(), {}, new IssuerClient(issuer.url, body, MCP));
    assert.equal(status, 400);
    assert.equal(refused.error, 'unauthorized_client');
  });

  test('a client may be a document instead', async () => {
    const id = 'https://client.example/oauth/metadata';
    const document = { client_id: id, client_name: 'By Document', redirect_uris: ['http://localhost/callback'], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] };
    /** @type {string[]} */
    const fetched = [];
    const fetchClientDocument = async (/** @type {any} */ url) => {
      fetched.push(String(url));
      return Response.json(document);
    };
    await withIssuer({ fetchClientDocument }, async ({ url }) => {
      const metadata = /** @type {any} */ (await (await fetch(`${url}/.well-known/openid-configuration`)).json());
      assert.equal(metadata.client_id_metadata_document_supported, true);
      const client = new IssuerClient(url, { client_id: id, redirect_uris: ['http://localhost:4711/callback'] }, MCP);
      const { status, body } = await client.redeem(await client.authorize());
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal((await accepted(body.access_token, MCP, url)).client_id, id);
      assert.deepEqual(fetched, [id]);
    });
    const { status, redirect } = await redirectOf(new IssuerClient(issuer.url, { client_id: id, redirect_uris: document.redirect_uris }, MCP).authorizeUrl());
    assert.equal(status, 400, 'where documents are not switched on, nobody knows this client');
    assert.equal(redirect, undefined);
  });
});

describe('A sign-in', () => {
  test('ends with a token for the resource that was asked for', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    const { redirect } = await signInAtIssuer(client.authorizeUrl({ nonce: 'the-nonce' }));
    assert.equal(redirect?.searchParams.get('state'), 'the-state');
    assert.equal(redirect?.searchParams.get('iss'), issuer.url);
    const { status, body, headers } = await client.redeem(redirect?.searchParams.get('code') ?? '');
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(headers.get('Cache-Control'), 'no-store');
    assert.equal(body.token_type, 'Bearer');
    assert.equal(body.expires_in, 3600);
    assert.equal(body.scope, ALL_SCOPES);

    const claims = await accepted(body.access_token, MCP);
    assert.equal(claims.sub, 'ada');
    assert.equal(claims.aud, MCP);
    assert.equal(claims.client_id, client.clientId);
    assert.equal(claims.scope, ALL_SCOPES);
    assert.equal(claims.name, 'Ada Lovelace');
    assert.equal(claims.email, 'ada@example.com');
    assert.equal(Number(claims.exp) - Number(claims.iat), 3600);
    assert.ok(claims.jti);
    assert.equal(claims.act, undefined);

    const identity = decodeJwt(body.id_token);
    assert.equal(identity.aud, client.clientId);
    assert.equal(identity.sub, 'ada');
    assert.equal(identity.nonce, 'the-nonce');
    assert.equal(identity.name, 'Ada Lovelace');
    assert.equal(identity.email, 'ada@example.com');
  });

  test('tells no name or address where nobody asked for it', async () => {
    const { accessToken, body } = await IssuerClient.signedIn(issuer.url, MCP, {}, { scope: 'openid todo_api:read' });
    const claims = await accepted(accessToken, MCP);
    assert.equal(claims.scope, 'openid todo_api:read');
    for (const told of [claims, decodeJwt(body.id_token)]) {
      assert.equal(told.sub, 'ada');
      assert.equal(told.name, undefined);
      assert.equal(told.email, undefined);
    }
  });

  test('may ask for any of the identifiers of the MCP server, or for none', async () => {
    /** @param {string | undefined} resource */
    const audienceFor = async (resource) => (await accepted((await IssuerClient.signedIn(issuer.url, MCP, {}, { resource })).accessToken, resource ?? MCP)).aud;
    assert.equal(await audienceFor('http://localhost:8788'), 'http://localhost:8788');
    assert.equal(await audienceFor(undefined), MCP);
    const { accessToken } = await IssuerClient.signedIn(issuer.url, MCP, {}, { resource: 'http://localhost:8788/' });
    assert.equal(decodeJwt(accessToken).aud, 'http://localhost:8788', 'the slash that URL adds is no other resource');
  });

  test('by the functions of the MCP TypeScript client', async () => {
    const metadata = await discoverAuthorizationServerMetadata(issuer.url);
    const redirectUri = 'http://127.0.0.1:9999/callback';
    const clientMetadata = { client_name: 'TypeScript', redirect_uris: [redirectUri], grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none' };
    const clientInformation = await registerClient(issuer.url, { metadata, clientMetadata });
    const { authorizationUrl, codeVerifier } = await startAuthorization(issuer.url, {
      ...{ metadata, clientInformation, redirectUrl: redirectUri, resource: new URL(MCP) },
      scope: 'openid todo_api:read offline_access',
    });
    const { redirect } = await signInAtIssuer(authorizationUrl.href);
    const answer = { authorizationCode: redirect?.searchParams.get('code') ?? '', iss: redirect?.searchParams.get('iss') ?? undefined };
    const tokens = await exchangeAuthorization(issuer.url, { metadata, clientInformation, ...answer, codeVerifier, redirectUri, resource: new URL(MCP) });
    assert.equal((await accepted(tokens.access_token, MCP)).scope, 'openid todo_api:read');
    const { refresh_token: refreshToken = '' } = tokens;
    const renewed = await refreshAuthorization(issuer.url, { metadata, clientInformation, refreshToken, resource: new URL(MCP) });
    assert.equal((await accepted(renewed.access_token, MCP)).sub, 'ada');
    assert.notEqual(renewed.refresh_token, refreshToken);
  });

  for (const signingAlgorithm of /** @type {const} */ (['RS256', 'PS256', 'ES256', 'EdDSA'])) {
    test(`signs with ${signingAlgorithm}`, async () => {
      await withIssuer({ signingAlgorithm }, async (own) => {
        const { accessToken, body } = await IssuerClient.signedIn(own.url, MCP);
        const exchanged = await exchange(accessToken, {}, serverOf(own));
        for (const token of [accessToken, body.id_token, exchanged.body.access_token]) assert.equal(decodeProtectedHeader(token).alg, signingAlgorithm);
        assert.equal((await accepted(accessToken, MCP, own.url)).sub, 'ada');
        assert.equal((await accepted(exchanged.body.access_token, API, own.url)).sub, 'ada');
      });
    });
  }

  test('that the human refuses or cancels ends with access_denied', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    for (const decisions of [{ person: 'cancel' }, /** @type {const} */ ({ decision: 'deny' })]) {
      const { redirect } = await signInAtIssuer(client.authorizeUrl(), decisions);
      assert.equal(redirect?.searchParams.get('error'), 'access_denied');
      assert.equal(redirect?.searchParams.get('state'), 'the-state');
      assert.equal(redirect?.searchParams.get('code'), null);
    }
  });

  test('takes PKCE with S256 and nothing else', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    assert.equal(await refusal(client, { code_challenge: undefined, code_challenge_method: undefined }), 'invalid_request');
    assert.equal(await refusal(client, { code_challenge_method: 'plain' }), 'invalid_request');
    assert.equal(await refusal(server, { scope: 'openid', resource: undefined, code_challenge: undefined, code_challenge_method: undefined }), 'invalid_request');
    const { status, body } = await client.redeem(await client.authorize(), { code_verifier: 'x'.repeat(43) });
    assert.equal(status, 400);
    assert.equal(body.error, 'invalid_grant');
  });

  test('gives a code that is good once; the second use ends what the first one gave', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    const code = await client.authorize();
    const first = await client.redeem(code);
    assert.equal((await exchange(first.body.access_token)).status, 200);
    const second = await client.redeem(code);
    assert.equal(second.status, 400);
    assert.equal(second.body.error, 'invalid_grant');
    assert.equal((await exchange(first.body.access_token)).body.error, 'invalid_request');
    assert.equal((await client.refresh(first.body.refresh_token)).body.error, 'invalid_grant');
  });

  test('gives no token for the API itself, nor for a stranger', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    assert.equal(await refusal(client, { resource: API }), 'invalid_target');
    assert.equal(await refusal(client, { resource: 'https://elsewhere.example/mcp' }), 'invalid_target');
    const { body } = await client.redeem(await client.authorize(), { resource: API });
    assert.equal(body.error, 'invalid_target');
  });

  test('returns to any port of this machine, and to no other place than was registered', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    const elsewhere = new IssuerClient(issuer.url, { client_id: client.clientId, redirect_uris: ['http://127.0.0.1:4711/callback'] }, MCP);
    assert.equal((await elsewhere.redeem(await elsewhere.authorize())).status, 200);
    for (const redirect_uri of ['http://127.0.0.1:9999/other', 'https://evil.example/callback']) {
      const { status, redirect } = await redirectOf(client.authorizeUrl({ redirect_uri }));
      assert.equal(status, 400);
      assert.equal(redirect, undefined);
    }
  });

  test('is not asked for twice at the same browser, until somebody else is to sign in', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    const browser = new Browser();
    /** @type {string[]} */
    const titles = [];
    const see = (/** @type {import('../support/human.js').Page} */ page) => void titles.push(page.title);
    const subOf = async (/** @type {string} */ code) => decodeJwt((await client.redeem(code)).body.access_token).sub;
    assert.equal(await subOf(await client.authorize({ see }, {}, browser)), 'ada');
    assert.equal(await subOf(await client.authorize({ see, person: 'grace@example.com' }, {}, browser)), 'ada');
    assert.equal(await subOf(await client.authorize({ see, person: 'grace@example.com' }, { prompt: 'login' }, browser)), 'grace');
    assert.equal(await subOf(await client.authorize({ see }, {}, browser)), 'grace');
    const [who, may] = ['Who are you today?', 'May Test Client act for you?'];
    assert.deepEqual(titles, [who, may, may, who, may, may]);
  });
});

describe('The scopes', () => {
  test('can become more, with another consent', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    const browser = new Browser();
    const scopeOf = async (/** @type {string} */ scope) => decodeJwt((await client.redeem(await client.authorize({}, { scope }, browser))).body.access_token).scope;
    assert.equal(await scopeOf('openid todo_api:read'), 'openid todo_api:read');
    assert.equal(await scopeOf('openid todo_api:read todo_api:write'), 'openid todo_api:read todo_api:write');
    assert.equal(await scopeOf('todo_api:read'), 'todo_api:read');
  });

  test('are none where nobody asks for any', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    const { redirect } = await signInAtIssuer(client.authorizeUrl({ scope: undefined }));
    assert.equal(redirect?.searchParams.get('error'), 'access_denied');
    const unknown = await signInAtIssuer(client.authorizeUrl({ scope: 'openid todo_api:admin' }));
    const { body } = await client.redeem(unknown.redirect?.searchParams.get('code') ?? '');
    assert.equal(body.scope, 'openid', 'an unknown one is not given');
  });
});

describe('The pages', () => {
  /** The page with this title on the way of a sign-in. @param {string} title @param {object} [metadata] */
  async function pageTitled(title, metadata) {
    const client = await IssuerClient.register(issuer.url, MCP, metadata);
    /** @type {import('../support/human.js').Page[]} */
    const pages = [];
    await signInAtIssuer(client.authorizeUrl({ scope: `${ALL_SCOPES} offline_access`, prompt: 'consent' }), { see: (page) => void pages.push(page) });
    const page = pages.find((seen) => seen.title === title);
    assert.ok(page, `${title}: seen were ${pages.map((seen) => seen.title)}`);
    return page;
  }

  /** @param {import('../support/human.js').Page} page */
  function isAccessible({ html, response }) {
    assert.match(html, /^<!doctype html>\n<html lang="en">/);
    assert.match(html, /<title>[^<]+<\/title>/);
    assert.match(html, /<meta name="viewport" content="width=device-width, initial-scale=1">/);
    assert.equal(html.match(/<main>/g)?.length, 1);
    assert.equal(html.match(/<h1>/g)?.length, 1);
    assert.match(html, /color-scheme: light dark/);
    assert.match(html, /prefers-color-scheme: dark/);
    assert.match(html, /:focus-visible/);
    const buttons = [...html.matchAll(/<button[^>]*>(.*?)<\/button>/gs)];
    assert.ok(buttons.length >= 2);
    for (const [, content] of buttons) assert.notEqual(content.replace(/<[^>]+>/g, '').trim(), '');
    assert.doesNotMatch(html, /<script|<input(?![^>]*type="hidden")|\son\w+="/);
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    assert.equal(response.headers.get('cache-control'), 'no-store');
  }

  test('everybody can be chosen, and nobody needs a password', async () => {
    const page = await pageTitled('Who are you today?');
    isAccessible(page);
    for (const { email, firstName, lastName } of issuer.people) assert.match(page.text, new RegExp(`${firstName} ${lastName}\\s+${email}`));
    assert.equal(issuer.people.length, 3);
    assert.match(page.text, /Cancel and go back/);
    assert.doesNotMatch(page.html, /type="password"/);
  });

  test('the consent names the client, where it sends one back to, and what it may', async () => {
    const page = await pageTitled('May <b>Evil</b> & Co act for you?', { client_name: '<b>Evil</b> & Co', redirect_uris: ['http://127.0.0.1:9999/callback'] });
    isAccessible(page);
    assert.doesNotMatch(page.html, /<b>Evil/);
    assert.match(page.html, /<strong>127\.0\.0\.1:9999<\/strong>/);
    assert.match(page.text, /signed in as Ada Lovelace/);
    for (const scope of `${ALL_SCOPES} offline_access`.split(' ')) assert.ok(page.html.includes(`<code>${scope}</code>`), scope);
    assert.match(page.text, /change your to-do list/);
    assert.deepEqual([...page.html.matchAll(/<button name="decision" value="(\w+)">(\w+)</g)].map(([, value, text]) => `${value} ${text}`), ['allow Allow', 'deny Deny']);
  });

  test('from the consent, somebody else can sign in', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    const browser = new Browser();
    let elsewhere = '';
    const see = (/** @type {import('../support/human.js').Page} */ page) => {
      elsewhere = page.links.find(({ text }) => text === 'Sign in as somebody else')?.href ?? elsewhere;
    };
    await signInAtIssuer(client.authorizeUrl(), { see }, browser);
    const { redirect } = await signInAtIssuer(elsewhere, { person: 'alan@example.com' }, browser);
    const { body } = await client.redeem(redirect?.searchParams.get('code') ?? '');
    assert.equal((await accepted(body.access_token, MCP)).sub, 'alan');
  });

  test('a page belongs to the browser that it was shown to', async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    const mine = new Browser();
    const { response } = await mine.open(client.authorizeUrl());
    const address = new URL(response.headers.get('Location') ?? '', issuer.url).href;
    assert.equal((await mine.open(address)).title, 'Who are you today?');
    for (const init of [{}, { method: 'POST', body: new URLSearchParams({ person: 'ada@example.com' }) }]) {
      const page = await new Browser().open(address, init);
      assert.equal(page.status, 400);
      assert.equal(page.title, 'This did not work');
    }
  });

  test('what is wrong with a request is said on a page', async () => {
    const reply = await fetch(`${issuer.url}/as/authorization.oauth2?client_id=nobody&response_type=code`, { headers: { Accept: 'text/html' } });
    assert.equal(reply.status, 400);
    assert.match(await reply.text(), /<h1>This did not work<\/h1>\s*<p>client is invalid<\/p>/);
  });
});

describe('Refreshing', () => {
  test('gives a new refresh token, and the same rights', async () => {
    const { client, accessToken, refreshToken } = await IssuerClient.signedIn(issuer.url, MCP);
    const { status, body } = await client.refresh(refreshToken, { resource: MCP });
    assert.equal(status, 200);
    assert.notEqual(body.refresh_token, refreshToken);
    const [before, after] = [decodeJwt(accessToken), await accepted(body.access_token, MCP)];
    for (const claim of ['sub', 'aud', 'client_id', 'scope', 'email']) assert.equal(after[claim], before[claim]);
    assert.notEqual(after.jti, before.jti);
  });

  test('can give up scopes, not gain any', async () => {
    const { client, refreshToken } = await IssuerClient.signedIn(issuer.url, MCP, {}, { scope: 'openid todo_api:read todo_api:write' });
    const narrowed = await client.refresh(refreshToken, { scope: 'todo_api:read' });
    assert.equal(decodeJwt(narrowed.body.access_token).scope, 'todo_api:read');
    assert.equal((await client.refresh(narrowed.body.refresh_token, { scope: 'email' })).body.error, 'invalid_scope');
  });

  test('with a token that was used ends everything', async () => {
    const { client, refreshToken } = await IssuerClient.signedIn(issuer.url, MCP);
    const { body } = await client.refresh(refreshToken);
    assert.equal((await client.refresh(refreshToken)).body.error, 'invalid_grant');
    assert.equal((await client.refresh(body.refresh_token)).body.error, 'invalid_grant');
    assert.equal((await exchange(body.access_token)).body.error, 'invalid_request');
  });

  test("goes on when the browser's session is over", async () => {
    const client = await IssuerClient.register(issuer.url, MCP);
    const browser = new Browser();
    const { body } = await client.redeem(await client.authorize({}, {}, browser));
    await client.authorize({ person: 'grace@example.com' }, { prompt: 'login' }, browser);
    const renewed = await client.refresh(body.refresh_token);
    assert.equal(renewed.status, 200);
    assert.equal(decodeJwt(renewed.body.access_token).sub, 'ada');
  });

  test('can be asked for by a page', async () => {
    const { client, refreshToken } = await IssuerClient.signedIn(issuer.url, MCP);
    const body = new URLSearchParams({ client_id: client.clientId, grant_type: 'refresh_token', refresh_token: refreshToken });
    const reply = await fetch(`${issuer.url}/as/token.oauth2`, { method: 'POST', headers: { Origin: 'http://localhost:6274' }, body });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('Access-Control-Allow-Origin'), 'http://localhost:6274');
  });

  test('is for clients that registered for it, and for their own tokens', async () => {
    const client = await IssuerClient.register(issuer.url, MCP, { grant_types: ['authorization_code'] });
    assert.equal((await client.redeem(await client.authorize())).body.refresh_token, undefined);
    assert.equal((await client.refresh('x')).body.error, 'unauthorized_client');
    const { refreshToken } = await IssuerClient.signedIn(issuer.url, MCP);
    const stranger = await IssuerClient.register(issuer.url, MCP);
    assert.equal((await stranger.refresh(refreshToken)).body.error, 'invalid_grant');
  });
});

describe("The MCP server's own pages", () => {
  const PAGE = { scope: 'openid profile email', resource: undefined };

  /** @param {Browser} browser @param {Record<string, string | undefined>} [changes] @param {string} [person] */
  async function identityOf(browser, changes = {}, person) {
    /** @type {string[]} */
    const titles = [];
    const code = await server.authorize({ person, see: (page) => void titles.push(page.title) }, { ...PAGE, ...changes }, browser);
    const { status, body } = await server.redeem(code);
    assert.equal(status, 200, JSON.stringify(body));
    const keys = createRemoteJWKSet(new URL(`${issuer.url}/pf/JWKS`));
    const { payload } = await jwtVerify(body.id_token, keys, { issuer: issuer.url, audience: issuer.clientId });
    return { identity: payload, titles, body };
  }

  test('learn who it is, without asking what the server may', async () => {
    const { identity, titles, body } = await identityOf(new Browser(), { nonce: 'n' });
    assert.deepEqual(titles, ['Who are you today?']);
    assert.equal(identity.sub, 'ada');
    assert.equal(identity.name, 'Ada Lovelace');
    assert.equal(identity.email, 'ada@example.com');
    assert.equal(identity.nonce, 'n');
    assert.equal(typeof identity.auth_time, 'number');
    assert.equal(body.refresh_token, undefined);
    assert.equal((await exchange(body.access_token)).body.error, 'invalid_request', 'this token is not for exchange');
  });

  test('can ask for a sign-in that is new, or not older than so many seconds', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    try {
      const browser = new Browser();
      const first = (await identityOf(browser)).identity.auth_time;
      mock.timers.tick(100_000);
      const again = await identityOf(browser, { max_age: '500' });
      assert.deepEqual(again.titles, []);
      assert.equal(again.identity.auth_time, first);
      for (const changes of [{ max_age: '50' }, { max_age: '0' }, { prompt: 'login' }]) {
        const { titles, identity } = await identityOf(browser, changes);
        assert.deepEqual(titles, ['Who are you today?'], JSON.stringify(changes));
        assert.equal(identity.auth_time, Math.floor(Date.now() / 1000));
        mock.timers.tick(100_000);
      }
    } finally {
      mock.timers.reset();
    }
  });

  test('get no scope of the API, and return to no other place', async () => {
    assert.equal(await refusal(server, { ...PAGE, scope: 'openid todo_api:read' }), 'invalid_scope');
    const { status, redirect } = await redirectOf(server.authorizeUrl({ ...PAGE, redirect_uri: 'http://localhost:1234/authority/callback' }));
    assert.equal(status, 400);
    assert.equal(redirect, undefined);
  });
});

describe('Token exchange', () => {
  test("a token of an agent becomes one for the API: the same human, the server as who acts, and less of it", async () => {
    const { client, accessToken } = await IssuerClient.signedIn(issuer.url, MCP, { person: 'grace@example.com' });
    const subject = await accepted(accessToken, MCP);
    assert.equal(subject.sub, 'grace');
    assert.equal(subject.client_id, client.clientId);

    const { status, body, headers } = await exchange(accessToken, { requested_token_type: ACCESS_TOKEN });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(headers.get('Cache-Control'), 'no-store');
    const { access_token, ...rest } = body;
    assert.deepEqual(rest, { issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', expires_in: 300, scope: 'todo_api:read' });
    const { iat, exp, jti, ...claims } = await accepted(access_token, API);
    assert.deepEqual(claims, { iss: issuer.url, sub: 'grace', aud: API, client_id: issuer.clientId, scope: 'todo_api:read', act: { sub: issuer.clientId } });
    assert.equal(Number(exp) - Number(iat), 300);
    assert.notEqual(jti, subject.jti);
  });

  test('the target may be a resource or an audience, or both', async () => {
    const token = await issuer.issueToken();
    for (const target of [{ resource: API }, { resource: undefined, audience: API }, { resource: API, audience: API }, { resource: [API, API] }]) {
      const { status, body } = await exchange(token, target);
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(decodeJwt(body.access_token).aud, API);
    }
  });

  test("who asks for no scope gets those of the API that the token has", async () => {
    const { body } = await exchange(await issuer.issueToken({ scope: 'openid email todo_api:write' }), { scope: undefined });
    assert.equal(decodeJwt(body.access_token).scope, 'todo_api:write');
    assert.equal(body.scope, 'todo_api:write');
  });

  test('any identifier of the server will do; who acted already is remembered', async () => {
    const { body } = await exchange(await issuer.issueToken({ audience: 'http://localhost:8788', claims: { act: { sub: 'gateway' } } }));
    assert.deepEqual(decodeJwt(body.access_token).act, { sub: issuer.clientId, act: { sub: 'gateway' } });
  });

  test('its life can be set', async () => {
    await withIssuer({ lifetimes: { exchanged: 60, access: 120 } }, async (own) => {
      const { accessToken } = await IssuerClient.signedIn(own.url, MCP);
      const { body } = await exchange(accessToken, {}, serverOf(own));
      for (const [token, life] of /** @type {const} */ ([[accessToken, 120], [body.access_token, 60]])) {
        const { iat, exp } = decodeJwt(token);
        assert.equal(Number(exp) - Number(iat), life);
      }
    });
  });

  for (const [what, changes, error] of /** @type {[string, Record<string, string | string[] | undefined>, string][]} */ ([
    ['no subject token', { subject_token: undefined }, 'invalid_request'],
    ['a subject token that is none', { subject_token: 'nonsense' }, 'invalid_request'],
    ['a subject token that only looks like one', { subject_token: 'eyJ.e30.x' }, 'invalid_request'],
    ['no type of the subject token', { subject_token_type: undefined }, 'invalid_request'],
    ['another type of the subject token', { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'invalid_request'],
    ['another type wanted', { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
    ['an actor token', { actor_token: 'x', actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
    ['two subject tokens', { subject_token: ['x', 'y'] }, 'invalid_request'],
    ['no target', { resource: undefined }, 'invalid_request'],
    ['another resource', { resource: 'https://elsewhere.example' }, 'invalid_target'],
    ['the API with a slash', { resource: `${API}/` }, 'invalid_target'],
    ['another audience', { resource: undefined, audience: 'elsewhere' }, 'invalid_target'],
    ['another resource beside the right one', { resource: [API, 'https://elsewhere.example'] }, 'invalid_target'],
    ['an audience other than the resource', { audience: MCP }, 'invalid_target'],
    ['a scope that the subject token lacks', { scope: 'todo_api:write' }, 'invalid_scope'],
    ['a scope that is not for the API', { scope: 'todo_api:read openid' }, 'invalid_scope'],
    ['an unknown scope', { scope: 'todo_api:admin' }, 'invalid_scope'],
  ])) {
    test(`${what}: ${error}`, async () => {
      const { status, body } = await exchange(await issuer.issueToken({ scope: 'openid todo_api:read' }), changes);
      assert.equal(status, 400);
      assert.equal(body.error, error);
      assert.equal(body.access_token, undefined);
    });
  }

  test('a token with no scope of the API is good for nothing there', async () => {
    const { body } = await exchange(await issuer.issueToken({ scope: 'openid profile' }), { scope: undefined });
    assert.equal(body.error, 'invalid_scope');
  });

  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  for (const [what, wish] of /** @type {[string, Parameters<typeof issuer.issueToken>[0]][]} */ ([
    ['has expired', { expiresIn: -1 }],
    ['is not good yet', { notBefore: 600 }],
    ['is for somebody else', { audience: 'https://elsewhere.example' }],
    ['is for the API', { audience: API }],
    ['is of another issuer', { issuer: 'https://elsewhere.example' }],
    ['is signed by somebody else', { key: stranger }],
    ['is not signed', { alg: 'none' }],
    ['is signed with the public key as a secret', { alg: 'HS256' }],
    ['is signed with another algorithm', { alg: 'PS256' }],
    ['has no subject', { claims: { sub: undefined } }],
    ['never expires', { claims: { exp: undefined } }],
  ])) {
    test(`a subject token that ${what}: invalid_request`, async () => {
      const { status, body } = await exchange(await issuer.issueToken(wish));
      assert.equal(status, 400);
      assert.equal(body.error, 'invalid_request');
      assert.match(body.error_description, /^subject_token is (missing|for somebody else)/);
    });
  }

  test('an ID token is no subject token, nor is a refresh token', async () => {
    const { body } = await IssuerClient.signedIn(issuer.url, MCP);
    assert.equal((await exchange(body.id_token)).body.error, 'invalid_request');
    assert.equal((await exchange(body.refresh_token)).body.error, 'invalid_request');
    assert.equal((await exchange(body.access_token)).status, 200);
  });

  test('time ends it', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    try {
      const token = await issuer.issueToken({ expiresIn: 100 });
      assert.equal((await exchange(token)).status, 200);
      mock.timers.tick(101_000);
      assert.equal((await exchange(token)).body.error, 'invalid_request');
    } finally {
      mock.timers.reset();
    }
  });

  test('is for the MCP server only, with its secret, in the header', async () => {
    const token = await issuer.issueToken();
    const { client } = await IssuerClient.signedIn(issuer.url, MCP);
    const confidential = await IssuerClient.register(issuer.url, MCP, { token_endpoint_auth_method: 'client_secret_basic' });
    for (const other of [client, confidential]) assert.equal((await exchange(token, {}, other)).body.error, 'unauthorized_client');

    const { clientId: client_id, clientSecret } = issuer;
    for (const wrong of [
      await exchange(token, {}, new IssuerClient(issuer.url, { client_id, client_secret: 'wrong' }, MCP)),
      await exchange(token, {}, new IssuerClient(issuer.url, { client_id }, MCP)),
      await exchange(token, { client_secret: clientSecret }, new IssuerClient(issuer.url, { client_id }, MCP)),
      await exchange(token, {}, new IssuerClient(issuer.url, { client_id: 'nobody', client_secret: clientSecret }, MCP)),
    ]) {
      assert.equal(wrong.status, 401);
      assert.equal(wrong.body.error, 'invalid_client');
    }
  });
});

describe('Introspection and revocation', () => {
  /** @param {string} token @param {IssuerClient} [by] */
  const introspect = async (token, by = server) => (await by.post('/as/introspect.oauth2', { token })).body;

  test('the MCP server can ask about any token, a public client about its own', async () => {
    const { client, accessToken } = await IssuerClient.signedIn(issuer.url, MCP);
    const { active, sub, aud, client_id, scope, iss, email } = await introspect(accessToken);
    assert.deepEqual({ active, sub, aud, client_id, scope, iss, email }, { active: true, sub: 'ada', aud: MCP, client_id: client.clientId, scope: ALL_SCOPES, iss: issuer.url, email: 'ada@example.com' });
    assert.equal((await introspect(accessToken, client)).active, true);
    const stranger = await IssuerClient.register(issuer.url, MCP);
    assert.deepEqual(await introspect(accessToken, stranger), { active: false });
    const exchanged = (await exchange(accessToken)).body.access_token;
    assert.deepEqual((await introspect(exchanged)).act, { sub: issuer.clientId });
  });

  test('what is no good token is not active', async () => {
    for (const token of ['nonsense', await issuer.issueToken({ expiresIn: -1 }), await issuer.issueToken({ alg: 'none' }), await issuer.issueToken({ issuer: 'https://elsewhere.example' })]) {
      assert.deepEqual(await introspect(token), { active: false });
    }
    const { clientId } = await IssuerClient.register(issuer.url, MCP);
    assert.equal((await introspect(await issuer.issueToken({ clientId }))).active, true);
  });

  test('an access token that is revoked is not active, not exchanged, and not renewed', async () => {
    const { client, accessToken, refreshToken } = await IssuerClient.signedIn(issuer.url, MCP);
    const other = await IssuerClient.signedIn(issuer.url, MCP);
    assert.equal((await client.post('/as/revoke_token.oauth2', { token: accessToken })).status, 200);
    assert.equal((await introspect(other.accessToken)).active, true);
    assert.deepEqual(await introspect(accessToken), { active: false });
    assert.equal((await exchange(accessToken)).body.error, 'invalid_request');
    assert.equal((await client.refresh(refreshToken)).body.error, 'invalid_grant');
  });

  test('with a refresh token, its access tokens are revoked', async () => {
    const { client, accessToken, refreshToken } = await IssuerClient.signedIn(issuer.url, MCP);
    assert.equal((await client.post('/as/revoke_token.oauth2', { token: refreshToken })).status, 200);
    assert.equal((await client.refresh(refreshToken)).body.error, 'invalid_grant');
    assert.equal((await exchange(accessToken)).body.error, 'invalid_request');
  });

  test('nobody revokes what is not theirs', async () => {
    const { client, accessToken, refreshToken } = await IssuerClient.signedIn(issuer.url, MCP);
    const stranger = await IssuerClient.register(issuer.url, MCP);
    for (const token of [accessToken, refreshToken]) await stranger.post('/as/revoke_token.oauth2', { token });
    assert.equal((await introspect(accessToken)).active, true);
    assert.equal((await client.refresh(refreshToken)).status, 200);
  });
});

describe('For tests', () => {
  test('keys can be rotated, with or without the old ones', async () => {
    await withIssuer({}, async (own) => {
      const by = serverOf(own);
      const kids = async () => /** @type {any} */ (await (await fetch(`${own.url}/pf/JWKS`)).json()).keys.map((/** @type {any} */ key) => key.kid);
      const { client, accessToken, refreshToken } = await IssuerClient.signedIn(own.url, MCP);
      const [first] = await kids();

      await own.rotateKeys({ keepOld: true });
      const both = await kids();
      assert.equal(both.length, 2);
      assert.ok(both.includes(first));
      assert.equal((await accepted(accessToken, MCP, own.url)).sub, 'ada');
      assert.equal((await exchange(accessToken, {}, by)).status, 200);
      const renewed = (await client.refresh(refreshToken)).body;
      assert.notEqual(decodeProtectedHeader(renewed.access_token).kid, first);
      assert.equal((await accepted(renewed.access_token, MCP, own.url)).sub, 'ada');

      await own.rotateKeys({ keepOld: false });
      const last = await kids();
      assert.equal(last.length, 1);
      assert.ok(!both.includes(last[0]));
      await assert.rejects(accepted(renewed.access_token, MCP, own.url), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
      assert.equal((await exchange(renewed.access_token, {}, by)).body.error, 'invalid_request');
      const anew = (await client.refresh(renewed.refresh_token)).body.access_token;
      assert.equal(decodeProtectedHeader(anew).kid, last[0]);
      assert.equal((await exchange(anew, {}, by)).status, 200);
    });
  });

  test('a path can be made to fail, so many times', async () => {
    await withIssuer({}, async (own) => {
      const by = serverOf(own);
      const token = await own.issueToken();
      own.failNext('/as/token.oauth2', { status: 503 }, 2);
      own.failNext('/as/token.oauth2', { status: 400, body: { error: 'invalid_grant' } });
      own.failNext('/as/token.oauth2', { body: '<html>' });
      own.failNext('/pf/JWKS', { status: 500 });
      assert.equal((await fetch(`${own.url}/.well-known/openid-configuration`)).status, 200);
      const answers = [];
      for (let i = 0; i < 5; i++) answers.push(await exchange(token, {}, by));
      assert.deepEqual(answers.map(({ status }) => status), [503, 503, 400, 200, 200]);
      assert.deepEqual(answers[2].body, { error: 'invalid_grant' });
      assert.equal(answers[3].body, '<html>');
      assert.ok(answers[4].body.access_token);
      assert.deepEqual((await Promise.all([1, 2].map(() => fetch(`${own.url}/pf/JWKS`)))).map(({ status }) => status).sort(), [200, 500]);
    });
  });

  test('a request can be left without an answer', async () => {
    await withIssuer({}, async (own) => {
      own.failNext('/as/token.oauth2', { timeout: true });
      const patience = new AbortController();
      const asked = fetch(`${own.url}/as/token.oauth2`, { method: 'POST', body: new URLSearchParams({ grant_type: EXCHANGE }), signal: patience.signal });
      // Another request is answered in the meantime.
      assert.equal((await exchange(await own.issueToken(), {}, serverOf(own))).status, 200);
      patience.abort();
      await assert.rejects(asked, { name: 'AbortError' });
      while (own.recorded.length < 2) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(own.recorded.map(({ status }) => status), [200, undefined]);
    });
  });

  test('it ends although somebody waits for an answer', async () => {
    const own = await startIssuer(OPTIONS);
    own.failNext('/pf/JWKS', { timeout: true });
    const asked = fetch(`${own.url}/pf/JWKS`);
    await fetch(`${own.url}/.well-known/openid-configuration`);
    await own.close();
    await assert.rejects(asked);
    await assert.rejects(fetch(own.url));
  });

  test('what was asked for at the token endpoint is recorded, hop by hop', async () => {
    /** @type {string[]} */
    const lines = [];
    await withIssuer({ log: (message) => void lines.push(message) }, async (own) => {
      const { client, accessToken, refreshToken } = await IssuerClient.signedIn(own.url, MCP);
      await client.refresh(refreshToken);
      await exchange(accessToken, {}, serverOf(own));
      await exchange(accessToken, { scope: 'openid' }, serverOf(own));
      const [code, refresh, good, bad] = own.recorded;
      assert.equal(own.recorded.length, 4);
      assert.deepEqual(own.recorded.map(({ grantType }) => grantType), ['authorization_code', 'refresh_token', EXCHANGE, EXCHANGE]);
      assert.deepEqual(own.recorded.map(({ clientId }) => clientId), [client.clientId, client.clientId, own.clientId, own.clientId]);
      assert.deepEqual(own.recorded.map(({ status }) => status), [200, 200, 200, 400]);
      assert.equal(code.idToken?.sub, 'ada');
      assert.equal(code.accessToken?.aud, MCP);
      assert.equal(refresh.parameters.refresh_token, refreshToken);
      assert.deepEqual(good.subject, code.accessToken);
      assert.equal(good.accessToken?.sub, good.subject?.sub);
      assert.equal(good.accessToken?.aud, API);
      assert.equal(good.accessToken?.act.sub, own.clientId);
      assert.equal(good.parameters.resource, API);
      assert.equal(bad.body.error, 'invalid_scope');
      assert.equal(bad.accessToken, undefined);
      assert.deepEqual(lines.slice(2), [`${EXCHANGE} by mcp-server: 200 todo_api:read`, `${EXCHANGE} by mcp-server: 400 invalid_scope`]);
    });
  });

  test('a token can be made without a sign-in, and can be wrong in any one way', async () => {
    const { iss, sub, aud, client_id, scope, email, name } = await accepted(await issuer.issueToken(), MCP);
    assert.deepEqual({ iss, sub, aud, client_id, scope, email, name }, {
      ...{ iss: issuer.url, sub: 'ada', aud: MCP, client_id: 'test-client', scope: ALL_SCOPES },
      ...{ email: 'ada@example.com', name: 'Ada Lovelace' },
    });
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    for (const [wish, code] of /** @type {[Parameters<typeof issuer.issueToken>[0], string][]} */ ([
      [{ expiresIn: -1 }, 'ERR_JWT_EXPIRED'],
      [{ notBefore: 600 }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
      [{ audience: 'https://elsewhere.example' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
      [{ claims: { aud: undefined } }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
      [{ issuer: 'https://elsewhere.example' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
      [{ typ: 'JWT' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
      [{ typ: null }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
      [{ key: stranger }, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
      [{ kid: 'unknown' }, 'ERR_JWKS_NO_MATCHING_KEY'],
      [{ alg: 'PS256' }, 'ERR_JWKS_NO_MATCHING_KEY'],
      [{ alg: 'HS256' }, 'ERR_JOSE_NOT_SUPPORTED'],
      [{ alg: 'none' }, 'ERR_JOSE_NOT_SUPPORTED'],
    ])) {
      await assert.rejects(accepted(await issuer.issueToken(wish), MCP), { code }, JSON.stringify(wish));
    }
    const wish = { sub: 'grace', audience: [MCP, API], scope: 'todo_api:read', clientId: 'agent', claims: { tenant: 'x'.repeat(9000) } };
    const large = await accepted(await issuer.issueToken(wish), MCP);
    assert.deepEqual([large.sub, large.aud, large.scope, large.client_id, large.email, large.tenant], ['grace', [MCP, API], 'todo_api:read', 'agent', undefined, wish.claims.tenant]);
  });

  test('a token, or all of a person, can be revoked', async () => {
    const { client, accessToken, refreshToken } = await IssuerClient.signedIn(issuer.url, MCP, { person: 'alan@example.com' });
    const other = await IssuerClient.signedIn(issuer.url, MCP);
    await issuer.revoke(accessToken);
    assert.equal((await exchange(accessToken)).body.error, 'invalid_request');
    const renewed = (await client.refresh(refreshToken)).body;
    assert.equal((await exchange(renewed.access_token)).status, 200, 'only that one token has ended');

    await issuer.revoke(renewed.refresh_token);
    assert.equal((await client.refresh(renewed.refresh_token)).body.error, 'invalid_grant');
    assert.equal((await exchange(renewed.access_token)).status, 200);

    issuer.revokePerson('alan');
    assert.equal((await exchange(renewed.access_token)).body.error, 'invalid_request');
    assert.equal((await exchange(other.accessToken)).status, 200);
  });

  test('other people can live there, and other names be used', async () => {
    const people = [{ email: 'zoe@example.org', firstName: 'Zoë', lastName: '<Q>', sub: 'a|b/ü' }];
    const mcpServer = { ...OPTIONS.mcpServer, clientId: 'todo:mcp', clientSecret: 'a secret: with % and :' };
    await withIssuer({ people, mcpServer, publicHost: '127.0.0.1' }, async (own) => {
      assert.match(own.url, /^http:\/\/127\.0\.0\.1:\d+$/);
      const { accessToken } = await IssuerClient.signedIn(own.url, MCP, { person: 'zoe@example.org' });
      const { body } = await exchange(accessToken, {}, serverOf(own));
      const claims = await accepted(body.access_token, API, own.url);
      assert.equal(claims.sub, 'a|b/ü');
      assert.deepEqual(claims.act, { sub: 'todo:mcp' });
      assert.equal(own.recorded.at(-1)?.clientId, 'todo:mcp');
    });
  });
});
