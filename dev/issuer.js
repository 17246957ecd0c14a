/**
 * A local stand-in for PingFederate, so that the to-do application runs on a laptop without an account.
 *
 * oidc-provider does the work, behind PingFederate's paths: discovery, registration of clients, authorization codes with
 * PKCE, resource indicators, refresh tokens that rotate, keys. Added here:
 *   - pages to choose a person and to allow a client,
 *   - token exchange (RFC 8693), for the MCP server only (issuer/exchange.js),
 *   - revocation and introspection of access tokens that are JWTs: oidc-provider knows these two for opaque tokens only,
 *   - levers for tests: other keys, failures, tokens that are wrong in any one way, and a record of what was asked for.
 *     None of them can be reached over HTTP.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { decodeJwt } from 'jose';
import { createKey, sign, verify } from './issuer/keys.js';
import { consentPage, errorPage, signInPage } from './issuer/pages.js';
import { PATHS, SCOPES, createProvider, shownTo } from './issuer/provider.js';
import { Store } from './issuer/store.js';
import { PAGE_HEADERS } from './page.js';
import { PEOPLE } from './people.js';

/**
 * @typedef {import('./issuer/keys.js').Claims} Claims
 * @typedef {import('./people.js').Person & { sub: string }} Account
 * @typedef {import('oidc-provider').KoaContextWithOIDC} Context
 *
 * @typedef {object} McpServer the one confidential client: it exchanges tokens, and signs people in to its own pages
 * @property {string} [clientId]
 * @property {string} [clientSecret] a random one unless told
 * @property {string[]} identifiers what clients may ask tokens for (`resource`); the first where they ask for nothing
 * @property {string[]} [redirectUris] of its own pages
 *
 * @typedef {object} Options
 * @property {number} [port] 0 (the default) takes any free port
 * @property {string} [host] what it listens on
 * @property {string} [publicHost] as which clients know it
 * @property {McpServer} mcpServer
 * @property {{ audience: string }} api whose tokens the MCP server may exchange its own for
 * @property {(import('./people.js').Person & { sub?: string })[]} [people] `sub`: what stands before the @ unless told
 * @property {import('./issuer/keys.js').Algorithm} [signingAlgorithm]
 * @property {{ access?: number, exchanged?: number }} [lifetimes] of access tokens, in seconds
 * @property {boolean} [oauthMetadata] whether /.well-known/oauth-authorization-server is there too; at PingFederate it is not
 * @property {typeof fetch} [fetchClientDocument] allows client ID metadata documents, which are fetched with this
 * @property {(message: string) => void} [log] is told of each token request, and of what went wrong inside
 *
 * @typedef {object} Failure
 * @property {number} [status] 200 where there is a body, else 503
 * @property {unknown} [body] text as it is, anything else as JSON
 * @property {boolean} [timeout] takes the request and never answers
 *
 * @typedef {object} TokenRequest a request to the token endpoint and its answer, those that were made to fail too
 * @property {string | undefined} grantType
 * @property {string | undefined} clientId
 * @property {Record<string, string | string[]>} parameters as sent
 * @property {Claims | undefined} subject of the subject token
 * @property {number | undefined} status undefined where there was no answer
 * @property {any} body
 * @property {Claims | undefined} accessToken of the one in the answer, where it is a JWT
 * @property {Claims | undefined} idToken
 *
 * @typedef {object} TokenWish all as in a good token for the MCP server, unless told
 * @property {string} [sub]
 * @property {string | string[]} [audience]
 * @property {string} [scope]
 * @property {string} [clientId]
 * @property {number} [expiresIn] seconds from now; below 0, it has expired
 * @property {number} [notBefore] seconds from now
 * @property {string} [issuer]
 * @property {Claims} [claims] over all others; undefined leaves one out
 *
 * @typedef {Awaited<ReturnType<typeof startIssuer>>} Issuer
 */

const OAUTH_METADATA = '/.well-known/oauth-authorization-server';

/** @param {Options} options */
export async function startIssuer(options) {
  const { port = 0, host = '127.0.0.1', publicHost = 'localhost', signingAlgorithm = 'RS256', oauthMetadata = false, log = () => {} } = options;
  const people = (options.people ?? PEOPLE).map((person) => ({ sub: person.email.split('@')[0], ...person }));
  const mcpServer = { clientId: 'mcp-server', clientSecret: randomBytes(32).toString('base64url'), redirectUris: [], ...options.mcpServer };
  const cookieKeys = [randomBytes(32).toString('base64url')];
  const store = new Store();
  let keys = [await createKey(signingAlgorithm)];
  /** @type {{ path: string, failure: Failure }[]} */
  const failures = [];
  /** @type {TokenRequest[]} */
  const recorded = [];

  /** @type {import('node:http').RequestListener} */
  let handler = (_request, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => handler(request, response));
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => resolve(undefined));
  });
  const url = `http://${publicHost}:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
  let provider = serve();

  /** Serves with the keys of now: a provider is built for its keys, so other keys take another provider. */
  function serve() {
    const made = createProvider({
      issuer: url,
      keys,
      store,
      cookieKeys,
      mcpServer,
      api: options.api,
      people,
      lifetimes: { access: 3600, exchanged: 300, ...options.lifetimes },
      fetchClientDocument: options.fetchClientDocument,
      remember,
      live,
      issue,
      log,
    });
    made.use(front);
    handler = made.callback();
    return made;
  }

  /** Stands before the provider. @param {Context} ctx @param {() => Promise<void>} next */
  async function front(ctx, next) {
    const form = ctx.method === 'POST' ? await formOf(ctx.req) : undefined;
    const at = failures.findIndex(({ path }) => path === ctx.path);
    if (at >= 0) await fail(ctx, failures.splice(at, 1)[0].failure);
    else if (ctx.path.startsWith(`${PATHS.signIn}/`)) await interact(ctx, form);
    else if (ctx.path === OAUTH_METADATA && !oauthMetadata) ctx.status = 404;
    else {
      if (form) giveBack(ctx, [PATHS.introspection, PATHS.revocation].includes(ctx.path) ? await named(form) : form.text);
      await next();
    }
    if (form && ctx.path === PATHS.token) record(ctx, form.fields);
  }

  /** The pages: who signs in, and what they allow. @param {Context} ctx @param {Form | undefined} form */
  async function interact(ctx, form) {
    ctx.set(PAGE_HEADERS);
    const details = await provider.interactionDetails(ctx.req, ctx.res).catch(() => undefined);
    if (!details) {
      ctx.status = 400;
      ctx.body = errorPage('This sign-in has ended, or began in another browser. Start again where you came from.');
      return;
    }
    const choice = form && (await choose(details, form.fields));
    if (choice) {
      ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, choice));
      ctx.status = 303;
      const { session } = details;
      if (choice.login && session?.accountId && session.accountId !== choice.login.accountId) await leave(session.uid);
      return;
    }
    const account = people.find(({ sub }) => sub === details.session?.accountId);
    if (details.prompt.name === 'login' || !account) {
      ctx.body = signInPage(ctx.path, people);
      return;
    }
    const { client_id, redirect_uri, scope = '' } = /** @type {Record<string, string>} */ (details.params);
    const client = (await provider.Client.find(client_id))?.clientName ?? client_id;
    ctx.body = consentPage(ctx.path, { client, redirectUri: redirect_uri, scopes: scope.split(' ').filter(Boolean), account, elsewhere: again(details.params) });
  }

  /** @param {Interaction} details @param {URLSearchParams} fields @returns {Promise<import('oidc-provider').InteractionResults | undefined>} */
  async function choose({ prompt, session, params, grantId }, fields) {
    if (fields.get('decision') === 'deny') return { error: 'access_denied', error_description: 'The human said no.' };
    const account = people.find(({ email }) => email === fields.get('person'));
    if (prompt.name === 'login' && account) return { login: { accountId: account.sub } };
    if (prompt.name === 'consent' && fields.get('decision') === 'allow') {
      const known = grantId ? await provider.Grant.find(grantId) : undefined;
      const grant = known ?? new provider.Grant({ accountId: session?.accountId, clientId: String(params.client_id) });
      const { missingOIDCScope = [], missingResourceScopes = {} } = /** @type {any} */ (prompt.details);
      grant.addOIDCScope(missingOIDCScope.join(' '));
      for (const [resource, scopes] of Object.entries(missingResourceScopes)) grant.addResourceScope(resource, scopes.join(' '));
      return { consent: { grantId: await grant.save() } };
    }
  }

  /** Whoever was signed in at this browser is not any more: somebody else has just come. @param {string} uid */
  async function leave(uid) {
    const session = await provider.Session.findByUid(uid);
    if (!session) return;
    Object.assign(session, { accountId: undefined, authorizations: undefined });
    await session.persist();
  }

  /** A JWT that stands goes by its id: under that the provider finds what `remember` noted. @param {Form} form */
  async function named({ fields }) {
    const claims = await live(fields.get('token') ?? '');
    if (claims) fields.set('token', claims.jti);
    else if (isJwt(fields.get('token'))) fields.set('token', 'unknown');
    return fields.toString();
  }

  /** @param {Claims} claims of an access token @param {string} [grantId] */
  function remember({ jti, iat, exp, sub, client_id, aud, scope, iss: _, ...extra }, grantId) {
    store.put('AccessToken', jti, { kind: 'AccessToken', jti, iat, exp, accountId: sub, clientId: client_id, aud, scope, extra, grantId });
  }

  /** @param {string} token @returns {Promise<Claims | undefined>} of an access token of ours that nobody has revoked */
  async function live(token) {
    const claims = await verify(keys, url, token);
    const known = claims && (await provider.AccessToken.find(claims.jti));
    return known && claims;
  }

  /** @param {Claims} claims */
  function issue({ lifetime, ...claims }) {
    const now = Math.floor(Date.now() / 1000);
    const whole = { iss: url, iat: now, exp: now + lifetime, jti: randomUUID(), ...claims };
    remember(whole);
    return sign(keys[0], whole);
  }

  /** @param {Context} ctx @param {URLSearchParams} fields */
  function record(ctx, fields) {
    const basic = /^Basic (.*)$/i.exec(ctx.get('authorization'))?.[1];
    const clientId = basic ? decodeURIComponent(Buffer.from(basic, 'base64').toString().split(':')[0]) : fields.get('client_id');
    const body = /** @type {any} */ (ctx.body);
    /** @type {TokenRequest} */
    const entry = {
      grantType: fields.get('grant_type') ?? undefined,
      clientId: clientId ?? undefined,
      parameters: Object.fromEntries([...fields.keys()].map((name) => [name, fields.getAll(name).length > 1 ? fields.getAll(name) : fields.get(name) ?? ''])),
      subject: claimsIn(fields.get('subject_token')),
      status: ctx.respond === false ? undefined : ctx.status,
      body,
      accessToken: claimsIn(body?.access_token),
      idToken: claimsIn(body?.id_token),
    };
    recorded.push(entry);
    log(`${entry.grantType} by ${entry.clientId}: ${entry.status ?? 'no answer'} ${body?.error ?? body?.scope ?? ''}`.trimEnd());
  }

  return {
    /** Where it is, and its `iss`. */
    url,
    clientId: mcpServer.clientId,
    clientSecret: mcpServer.clientSecret,
    people,
    /** From the oldest on. */
    recorded,

    /** Other keys sign from now on. The old ones stay in the key set, or nothing that they signed is good any more. @param {{ keepOld: boolean }} how */
    async rotateKeys({ keepOld }) {
      keys = [await createKey(signingAlgorithm), ...(keepOld ? keys : [])];
      provider = serve();
    },

    /** What comes next to this path fails. @param {string} path @param {Failure} failure @param {number} [times] */
    failNext(path, failure, times = 1) {
      for (let i = 0; i < times; i++) failures.push({ path, failure });
    },

    /** An access token of any kind, with no sign-in. @param {TokenWish & import('./issuer/keys.js').Signature} [wish] */
    async issueToken({ sub = people[0].sub, audience = mcpServer.identifiers[0], scope = SCOPES.join(' '), clientId = 'test-client', ...wish } = {}) {
      const { expiresIn = 3600, notBefore, issuer = url, claims, ...signature } = wish;
      const now = Math.floor(Date.now() / 1000);
      const account = people.find((person) => person.sub === sub);
      const whole = {
        ...{ iss: issuer, sub, aud: audience, client_id: clientId, scope, jti: randomUUID() },
        ...{ iat: Math.min(now, now + expiresIn - 60), exp: now + expiresIn },
        ...(notBefore !== undefined && { nbf: now + notBefore }),
        ...(account && shownTo(scope.split(' '), account)),
        ...claims,
      };
      remember(whole);
      return sign(keys[0], whole, signature);
    },

    /** Ends one token, of access or to refresh. @param {string} token */
    async revoke(token) {
      const jti = claimsIn(token)?.jti;
      const known = jti ? await provider.AccessToken.find(jti) : await provider.RefreshToken.find(token);
      await known?.destroy();
    },

    /** Ends all sessions, consents and tokens of a person. @param {string} sub */
    revokePerson(sub) {
      store.forget(sub);
    },

    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * @typedef {{ text: string, fields: URLSearchParams }} Form
 * @typedef {Awaited<ReturnType<import('oidc-provider').Provider['interactionDetails']>>} Interaction
 */

/** @param {import('node:http').IncomingMessage} request @returns {Promise<Form>} */
async function formOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { text, fields: new URLSearchParams(text) };
}

/** A body that was read is there again, or another in its place: the provider reads it itself. @param {Context} ctx @param {string} body */
function giveBack(ctx, body) {
  const { method, url, headers, socket } = ctx.req;
  const { 'transfer-encoding': _, ...fields } = headers;
  const request = Object.assign(Readable.from(body ? [Buffer.from(body)] : []), {
    ...{ method, url, socket, headers: { ...fields, 'content-length': String(Buffer.byteLength(body)) } },
  });
  ctx.req = ctx.request.req = ctx.response.req = /** @type {any} */ (request);
}

/** @param {Context} ctx @param {Failure} failure */
async function fail(ctx, { timeout, body, status = body === undefined ? 503 : 200 }) {
  if (timeout) {
    ctx.respond = false;
    await new Promise((resolve) => ctx.res.once('close', resolve));
    return;
  }
  ctx.status = status;
  ctx.body = body ?? { error: 'server_error' };
}

/** The same authorization request, at which somebody else can sign in. @param {Record<string, unknown>} params */
function again({ prompt, ...params }) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) for (const one of [value].flat()) if (one !== undefined) query.append(name, String(one));
  query.set('prompt', [...new Set(['login', ...String(prompt ?? '').split(' ')])].join(' ').trim());
  return `${PATHS.authorization}?${query}`;
}

/** @param {unknown} token @returns {Claims | undefined} */
function claimsIn(token) {
  try {
    return isJwt(token) ? decodeJwt(String(token)) : undefined;
  } catch {
    return undefined; // it only looked like one
  }
}

/** @param {unknown} token */
function isJwt(token) {
  return typeof token === 'string' && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}
