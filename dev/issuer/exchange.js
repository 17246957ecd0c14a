/** Token exchange (RFC 8693): the MCP server, holding somebody's token for itself, gets one for the API behind it. */
import { errors } from 'oidc-provider';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const PARAMETERS = ['subject_token', 'subject_token_type', 'requested_token_type', 'actor_token', 'actor_token_type', 'resource', 'audience', 'scope'];
/** A request may name several targets (RFC 8693, 2.1). */
export const REPEATABLE = ['resource', 'audience'];

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/**
 * What of a request is good, or the error that answers it. A subject token that will not do is `invalid_request`, not
 * `invalid_grant`: RFC 8693, 2.2.2.
 * @param {Record<string, any>} asked the request's parameters
 * @param {object} known
 * @param {string[]} known.identifiers what the MCP server's tokens name as their audience
 * @param {string} known.audience the API's
 * @param {string[]} known.scopes the API's
 * @param {(token: string) => Promise<import('./keys.js').Claims | undefined>} known.live the claims of an access token of ours that still stands
 * @returns {Promise<{ subject: import('./keys.js').Claims, scopes: string[] }>}
 */
export async function readExchange(asked, { identifiers, audience, scopes, live }) {
  const { subject_token, subject_token_type, requested_token_type = ACCESS_TOKEN } = asked;
  if (subject_token_type !== ACCESS_TOKEN) throw new errors.InvalidRequest(`subject_token_type must be ${ACCESS_TOKEN}`);
  if (requested_token_type !== ACCESS_TOKEN) throw new errors.InvalidRequest(`requested_token_type must be ${ACCESS_TOKEN}`);
  if (asked.actor_token || asked.actor_token_type) throw new errors.InvalidRequest('the actor is the client: there is no actor_token');

  const targets = [asked.resource, asked.audience].flat().filter((target) => target !== undefined);
  if (targets.length === 0) throw new errors.InvalidRequest('resource or audience is missing');
  if (targets.some((target) => target !== audience)) throw new errors.InvalidTarget('no token is exchanged for this resource or audience');

  const subject = await live(subject_token);
  if (!subject) throw new errors.InvalidRequest('subject_token is missing, invalid, expired or revoked');
  if (![subject.aud].flat().some((name) => identifiers.includes(name))) throw new errors.InvalidRequest('subject_token is for somebody else');

  const held = [subject.scope ?? []].flat().join(' ').split(' ').filter((scope) => scopes.includes(scope));
  const wanted = asked.scope ? [...new Set(asked.scope.split(' '))] : held;
  const excess = wanted.find((scope) => !held.includes(scope));
  if (excess) throw new errors.InvalidScope('subject_token does not have this scope, or the API does not know it', excess);
  if (wanted.length === 0) throw new errors.InvalidScope('subject_token has no scope of the API', '');
  return { subject, scopes: wanted };
}

/**
 * @param {import('./keys.js').Claims} subject
 * @param {string} actor the client id of whoever exchanged the token
 * @returns {import('./keys.js').Claims} who acts, and for whom they act if that is somebody who acts too (RFC 8693, 4.1)
 */
export function actor(subject, actor) {
  return { sub: actor, ...(subject.act && { act: subject.act }) };
}

/** @param {{ token: string, lifetime: number, scopes: string[] }} issued */
export function exchanged({ token, lifetime, scopes }) {
  return { access_token: token, issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', expires_in: lifetime, scope: scopes.join(' ') };
}
