/** The issuer's signing keys, and tokens made with them: right ones, and wrong ones where a test asks for that. */
import { generateKeyPair as generate, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { SignJWT, UnsecuredJWT, createLocalJWKSet, jwtVerify } from 'jose';

/**
 * @typedef {'RS256' | 'PS256' | 'ES256' | 'EdDSA'} Algorithm
 * @typedef {import('node:crypto').KeyObject} KeyObject
 * @typedef {{ kid: string, alg: Algorithm, privateKey: KeyObject, publicKey: KeyObject }} SigningKey
 * @typedef {Record<string, any>} Claims
 *
 * @typedef {object} Signature how a token is signed, where it is not as usual
 * @property {string} [alg] any of JWS; `none` leaves the signature out; `HS256` takes the public key, as it is written in PEM, for a secret
 * @property {KeyObject | Uint8Array} [key] of somebody else
 * @property {string | null} [kid] null leaves it out
 * @property {string | null} [typ] `at+jwt` unless told; null leaves it out
 */

const generateKeyPair = promisify(generate);

/** @param {Algorithm} alg @returns {Promise<SigningKey>} */
export async function createKey(alg) {
  const kid = randomUUID();
  switch (alg) {
    case 'RS256':
    case 'PS256':
      return { kid, alg, ...(await generateKeyPair('rsa', { modulusLength: 2048 })) };
    case 'ES256':
      return { kid, alg, ...(await generateKeyPair('ec', { namedCurve: 'P-256' })) };
    case 'EdDSA':
      return { kid, alg, ...(await generateKeyPair('ed25519')) };
  }
}

/** As oidc-provider takes it. @param {SigningKey} key @returns {import('oidc-provider').JWK} */
export function privateJwk({ kid, alg, privateKey }) {
  return /** @type {any} */ ({ ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' });
}

/** @param {SigningKey} own @param {Claims} claims @param {Signature} [how] */
export async function sign(own, claims, { alg = own.alg, key, kid = own.kid, typ = 'at+jwt' } = {}) {
  if (alg === 'none') return new UnsecuredJWT(claims).encode();
  const confused = alg.startsWith('HS') ? Buffer.from(own.publicKey.export({ type: 'spki', format: 'pem' })) : undefined;
  const header = { alg, ...(typ !== null && { typ }), ...(kid !== null && { kid }) };
  return new SignJWT(claims).setProtectedHeader(header).sign(key ?? confused ?? own.privateKey);
}

/**
 * @param {SigningKey[]} keys
 * @param {string} issuer
 * @param {string} token
 * @returns {Promise<Claims | undefined>} of a token that one of these keys signed and whose time is now
 */
export async function verify(keys, issuer, token) {
  const known = createLocalJWKSet({
    keys: keys.map(({ kid, alg, publicKey }) => /** @type {any} */ ({ ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' })),
  });
  const requiredClaims = ['sub', 'aud', 'exp', 'jti'];
  try {
    return (await jwtVerify(token, known, { issuer, algorithms: keys.map(({ alg }) => alg), requiredClaims })).payload;
  } catch {
    return undefined;
  }
}
