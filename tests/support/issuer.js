/** An issuer of access tokens that does nothing else: metadata, keys of each kind, and tokens with any claims. */
import { createServer } from 'node:http';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';

/** Those that resource servers here take. */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** One that they do not take, though it is as good. */
export const OTHER_ALGORITHM = 'RS512';

/** @typedef {{ kid: string, alg: string, privateKey: CryptoKey, publicKey: CryptoKey }} Key */
/** @typedef {{ alg?: string, key?: Key, typ?: string, expires?: number }} Signing `expires`: in seconds from now */

/** @param {string} alg @param {number} generation @returns {Promise<Key>} */
async function newKey(alg, generation) {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { ...pair, kid: `${alg}-${generation}`, alg };
}

export class Issuer {
  /** Answers nothing but errors. */
  down = false;
  /** How often the keys were asked for. */
  asked = 0;
  /** @type {Key[]} */
  keys = [];
  #generation = 0;
  #server = createServer((request, response) => this.#answer(request.url ?? '/', response));
  url = '';

  async start() {
    await this.rotate();
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    this.url = `http://127.0.0.1:${port}`;
  }

  async stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** From now on there are other keys, and those before are no more. */
  async rotate() {
    this.#generation++;
    this.keys = await Promise.all([...ALGORITHMS, OTHER_ALGORITHM].map((alg) => newKey(alg, this.#generation)));
  }

  /** @param {string} alg */
  key(alg) {
    return /** @type {Key} */ (this.keys.find((key) => key.alg === alg));
  }

  /** Claims that are undefined are left out. @param {Record<string, unknown>} claims @param {Signing} [signing] */
  async token(claims, { alg = 'RS256', key = this.key(alg), typ = 'JWT', expires = 3600 } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: this.url, iat: now, exp: now + expires, ...claims };
    const defined = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return new SignJWT(defined).setProtectedHeader({ alg, kid: key.kid, typ }).sign(key.privateKey);
  }

  /** @param {string} path @param {import('node:http').ServerResponse} response */
  async #answer(path, response) {
    if (path === '/pf/JWKS') this.asked++;
    const found = this.down ? undefined : await this.#find(path);
    response.writeHead(this.down ? 500 : found ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  }

  /** @param {string} path */
  async #find(path) {
    if (path === '/.well-known/openid-configuration') return { issuer: this.url, jwks_uri: `${this.url}/pf/JWKS` };
    if (path !== '/pf/JWKS') return undefined;
    const keys = this.keys.map(async ({ kid, alg, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }));
    return { keys: await Promise.all(keys) };
  }
}
