// Checking a JWT of another issuer, by jose: signature by the issuer's published keys, issuer, expiry, audience.

import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';

/** Key sets, kept with their own cache for the isolate's life. @type {Map<string, ReturnType<typeof createRemoteJWKSet>>} */
const keySets = new Map();

/**
 * @param {string} token @param {string} jwksUrl @param {string[]} issuers one of these must have issued it
 * @param {string} audience checked where the token has one (AuthKit's session tokens may have none)
 * @returns {Promise<{ ok: boolean, bytes: string }>} the claims as JSON, or the reason
 */
export async function verifyToken(token, jwksUrl, issuers, audience) {
  let keys = keySets.get(jwksUrl);
  if (!keys) keySets.set(jwksUrl, (keys = createRemoteJWKSet(new URL(jwksUrl))));
  const { payload } = await jwtVerify(token, keys, {
    issuer: issuers,
    audience: decodeJwt(token).aud === undefined ? undefined : audience,
    algorithms: ['RS256'],
    requiredClaims: ['exp', 'sub'],
  });
  return { ok: true, bytes: JSON.stringify(payload) };
}
