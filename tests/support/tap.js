/**
 * A tap on the line between the Worker and WorkOS: it knows every token that passed, and can change what WorkOS says.
 * It signs access tokens with a key of its own, and serves that key, so that a test can have any claims signed rightly.
 */
import { createServer } from 'node:http';
import { SignJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose';

/**
 * @typedef {import('../../dev/workos.js').WorkOS} WorkOS
 * @typedef {(claims: Record<string, unknown>) => Promise<string>} Sign
 * @typedef {(session: any, claims: Record<string, unknown>, sign: Sign) => Promise<Response | object> | Response | object} Change
 *
 * @typedef {object} Line
 * @property {string[]} tokens that WorkOS has given to the Worker
 * @property {Change} [change] what the Worker gets instead of a session
 */

/** @param {WorkOS} workos @returns {Promise<WorkOS & Line>} */
export async function tapInto(workos) {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const kid = 'tap';
  /** @type {Sign} */
  const sign = (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid }).sign(privateKey);
  const keySet = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }] };

  /** @param {string} path @param {string} method @param {Headers} headers @param {Buffer} body */
  const answer = async (path, method, headers, body) => {
    if (path.startsWith('/sso/jwks/')) return Response.json(keySet);
    const reply = await fetch(workos.url + path, { method, headers, body: body.length ? new Uint8Array(body) : undefined, redirect: 'manual' });
    if (path !== '/user_management/authenticate' || !reply.ok) return reply;
    const session = /** @type {any} */ (await reply.json());
    const claims = decodeJwt(session.access_token);
    session.access_token = await sign(claims);
    line.tokens.push(session.access_token, session.refresh_token);
    const changed = line.change ? await line.change(session, claims, sign) : session;
    return changed instanceof Response ? changed : Response.json(changed);
  };

  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const headers = new Headers();
    for (const name of ['authorization', 'content-type', 'idempotency-key']) if (request.headers[name]) headers.set(name, String(request.headers[name]));
    const reply = await answer(request.url ?? '/', request.method ?? 'GET', headers, Buffer.concat(parts));
    const location = reply.headers.get('Location');
    const type = reply.headers.get('Content-Type');
    response.writeHead(reply.status, { ...(location && { Location: location }), ...(type && { 'Content-Type': type }) });
    response.end(Buffer.from(await reply.arrayBuffer()));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

  /** @type {WorkOS & Line} */
  const line = {
    ...workos,
    url: `http://127.0.0.1:${port}`,
    tokens: [],
    async close() {
      server.close();
      server.closeAllConnections();
      await workos.close();
    },
  };
  return line;
}
