/** What a client of each revision sends, for tests of who may ask; what is answered is the business of others. */
import { CLIENT, LEGACY, MODERN, message, modernHeaders, modernMessage } from './mcp.js';

/** All revisions that the server speaks, the oldest first. */
export const REVISIONS = [...LEGACY, MODERN];

/** Whether a client of that revision says for which resource it wants a token (RFC 8707): MCP asks it to since 2025-06-18. @param {string} revision */
export const namesResource = (revision) => revision >= '2025-06-18';

/**
 * The request that a client begins with: it needs nothing but a token.
 * @param {string} revision
 * @returns {{ method: 'POST', headers: import('./http.js').HeaderFields, body: string }}
 */
export function firstRequest(revision) {
  const modern = revision === MODERN;
  const request = modern ? modernMessage('server/discover') : message('initialize', { protocolVersion: revision, capabilities: {}, clientInfo: CLIENT });
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...(modern && modernHeaders(request)) },
    body: JSON.stringify(request),
  };
}

/** A client's way to ask in a revision, with a session where it has them. @param {import('./mcp.js').Endpoint} endpoint @param {string} revision @returns {Promise<import('./mcp.js').Way>} */
export const wayIn = (endpoint, revision) => (revision === MODERN ? Promise.resolve(endpoint.way) : endpoint.open(revision));
