/** A tap on the line between the MCP server and the Todo API: it knows each request with its token, and can fail in the API's place. */
import { createServer } from 'node:http';
import { decodeJwt } from 'jose';

/**
 * @typedef {object} ApiRequest
 * @property {string} method
 * @property {string} path
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} token
 * @property {Record<string, any> | undefined} claims of the token, where it is a JWT
 * @property {string} body
 * @property {number | undefined} status undefined where there was no answer
 *
 * @typedef {object} ApiFailure what happens instead of an answer
 * @property {number} [status]
 * @property {string} [body]
 * @property {boolean} [silent] the request is taken and never answered
 * @property {boolean} [late] the API does what it is asked for, and its answer is lost on the way back
 */

export class ApiTap {
  /** From the oldest on. @type {ApiRequest[]} */
  requests = [];
  /** Where the API is, once it has started. */
  target = '';
  /** Where the MCP server finds it: its address, and what tokens for it are for. */
  url = '';
  /** Is asked about each request before it goes on. @type {((request: ApiRequest) => unknown) | undefined} */
  before;
  /** @type {ApiFailure[]} */
  #failures = [];
  #server = createServer((request, response) => void this.#answer(request, response));

  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(undefined)));
    this.url = `http://localhost:${/** @type {import('node:net').AddressInfo} */ (this.#server.address()).port}`;
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** What comes next fails. @param {ApiFailure} failure @param {number} [times] */
  failNext(failure, times = 1) {
    for (let i = 0; i < times; i++) this.#failures.push(failure);
  }

  /** Nothing fails any more; how much of what should have failed had not. */
  mend() {
    return this.#failures.splice(0).length;
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async #answer(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    const { method = 'GET', url: path = '/', headers } = request;
    const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
    /** @type {ApiRequest} */
    const entry = { method, path, headers, token, claims: claimsIn(token), body: body.toString(), status: undefined };
    this.requests.push(entry);
    const failure = this.#failures.shift();
    await this.before?.(entry);
    if (failure?.silent) return;
    if (failure && !failure.late) {
      entry.status = failure.status ?? 503;
      response.writeHead(entry.status, { 'Content-Type': 'application/json' }).end(failure.body ?? '{}');
      return;
    }
    const { host: _, connection: __, 'transfer-encoding': ___, ...kept } = headers;
    const onward = /** @type {Record<string, string>} */ (kept);
    try {
      const answer = await fetch(this.target + path, { method, headers: onward, body: body.length > 0 ? body : undefined });
      const content = Buffer.from(await answer.arrayBuffer());
      entry.status = answer.status;
      if (failure?.late) return void response.destroy();
      const { 'content-encoding': _coding, 'content-length': _length, 'transfer-encoding': _transfer, ...fields } = Object.fromEntries(answer.headers);
      response.writeHead(answer.status, fields).end(content);
    } catch {
      response.destroy();
    }
  }
}

/** @param {string} token */
function claimsIn(token) {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}
