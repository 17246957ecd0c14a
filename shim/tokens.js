// Checking a JWT of another issuer, by jose: signature by the issuer's published keys, issuer, expiry, audience.

import { createRemoteJWKSet, customFetch, decodeJwt, errors, jwtVerify } from 'jose';
import { fetchKnown } from './strangers.js';

/** A key that is not in the set is looked for anew, this long after the last time at the earliest. */
const COOLDOWN_MS = 5_000;
/** As `kNoKeySet` in wasm/core/step.h. */
const NO_KEY_SET = 503;

/** Key sets, kept with their own cache (ten minutes) for the isolate's life. @type {Map<string, ReturnType<typeof createRemoteJWKSet>>} */
const keySets = new Map();

/**
 * What a token must be, in jose's words: `issuer` (one of these), `algorithms`, `clockTolerance` in seconds; `typ` is empty for
 * any; without `audienceRequired` the audience is checked where the token has one (AuthKit's session tokens may have none).
 * @typedef {{ issuer: string[], algorithms: string[], clockTolerance: number, typ: string, audience: string, audienceRequired: boolean }} Rules
 *
 * @param {string} token @param {string} jwksUrl @param {Rules} rules
 * @returns {Promise<{ ok: boolean, code?: number, bytes: string }>} the claims as JSON, or the reason
 */
export async function verifyToken(token, jwksUrl, { typ, audience, audienceRequired, ...rules }) {
  let code = 0;
  try {
    const keys = keySets.get(jwksUrl) ?? createRemoteJWKSet(new URL(jwksUrl), { cooldownDuration: COOLDOWN_MS, [customFetch]: fetchKnown });
    keySets.set(jwksUrl, keys);
    const checked = audienceRequired || decodeJwt(token).aud !== undefined ? audience : undefined;
    const find = (/** @type {Parameters<typeof keys>} */ ...named) => keys(...named).catch((error) => {
      if (![errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys].some((kind) => error instanceof kind)) code = NO_KEY_SET;
      throw error;
    });
    const options = { ...rules, typ: typ || undefined, audience: checked, requiredClaims: ['exp', 'sub'] };
    const { payload } = await jwtVerify(token, find, options);
    return { ok: true, bytes: JSON.stringify(payload) };
  } catch (error) {
    if (code) console.warn(`no keys at ${jwksUrl}:`, String(error));
    return { ok: false, code, bytes: /** @type {Error} */ (error).message };
  }
}
