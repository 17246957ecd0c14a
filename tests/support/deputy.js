/** A deputy that is ready to work: a client that has registered, and that a human has allowed to act. */
import { Endpoint } from './mcp.js';
import { OAuthClient } from './oauth-client.js';

/**
 * @typedef {object} Appointment
 * @property {object} [metadata] of the client, for its registration
 * @property {OAuthClient} [client] one that has registered already
 * @property {import('./human.js').Choices} [choices] of the human
 * @property {Record<string, string | undefined>} [asks] parameters of the authorization request
 *
 * @typedef {object} Deputy
 * @property {OAuthClient} client
 * @property {string} accessToken
 * @property {string} refreshToken
 * @property {any} tokens the whole token response
 * @property {Endpoint} mcp
 */

/** @param {string} url of the server @param {Appointment} [appointment] @returns {Promise<Deputy>} */
export async function appoint(url, { metadata, client, choices, asks } = {}) {
  client ??= await OAuthClient.register(url, metadata);
  const { status, body } = await client.redeem(await client.authorize(choices, asks));
  if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
  return {
    client,
    accessToken: body.access_token,
    refreshToken: body.refresh_token,
    tokens: body,
    mcp: new Endpoint(`${url}/mcp`, body.access_token),
  };
}
