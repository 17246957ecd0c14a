/**
 * HTTP with nothing in between: `fetch` sets, checks and hides too much for tests of a server's border. Here every header
 * is as the test says (Host, Origin, a length that is announced or not), and nothing is followed, decoded or retried.
 */
import { Agent, request } from 'node:http';

/** A connection for each request: one that was kept may be closed by the server just as it is used again. */
const oneTime = new Agent({ keepAlive: false });
const TIMEOUT = 30_000;

/**
 * @typedef {Record<string, string | undefined>} HeaderFields those that are undefined are left out
 * @typedef {object} Question
 * @property {string} [method] GET unless told, or POST where there is a body
 * @property {Record<string, string | string[] | undefined>} [headers] of a list each is sent as a header of its own
 * @property {string | Uint8Array} [body] sent with its length announced
 * @property {Agent} [agent] whose connections are kept; what was sent over one that the server had just closed is sent once more
 * @property {Iterable<string | Uint8Array>} [chunks] sent in pieces, with no length announced
 */

export class Answer {
  /** @param {number} status @param {Headers} headers @param {string} text */
  constructor(status, headers, text) {
    this.status = status;
    this.headers = headers;
    this.text = text;
  }

  /** @returns {any} */
  get json() {
    return JSON.parse(this.text);
  }

  /** @param {string} name */
  header(name) {
    return this.headers.get(name);
  }
}

/** @param {string} url @param {Question} [question] @returns {Promise<Answer>} */
export function ask(url, question = {}) {
  const { method, headers = {}, body, chunks, agent = oneTime } = question;
  /** @type {Record<string, string | string[]>} */
  const fields = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) fields[name] = value;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method: method ?? (body || chunks ? 'POST' : 'GET'), headers: fields }, (incoming) => {
      const received = new Headers();
      for (let i = 0; i < incoming.rawHeaders.length; i += 2) received.append(incoming.rawHeaders[i], incoming.rawHeaders[i + 1]);
      /** @type {Buffer[]} */
      const parts = [];
      incoming.on('data', (part) => parts.push(part));
      incoming.on('error', reject);
      incoming.on('end', () => resolve(new Answer(incoming.statusCode ?? 0, received, Buffer.concat(parts).toString())));
    });
    outgoing.setTimeout(TIMEOUT, () => outgoing.destroy(new Error(`no answer from ${url} within ${TIMEOUT / 1000} seconds`)));
    outgoing.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (outgoing.reusedSocket && error.code === 'ECONNRESET') resolve(ask(url, question));
      else reject(error);
    });
    for (const chunk of chunks ?? []) outgoing.write(chunk);
    outgoing.end(body);
  });
}

/**
 * A request whose body comes bit by bit, or never.
 * @param {string} url @param {Record<string, string>} headers
 */
export function beginToAsk(url, headers) {
  const outgoing = request(url, { agent: oneTime, method: 'POST', headers });
  /** @type {Promise<Answer>} */
  const answered = new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part) => (text += part));
      incoming.on('end', () => resolve(new Answer(incoming.statusCode ?? 0, new Headers(/** @type {Record<string, string>} */ (incoming.headers)), text)));
    });
  });
  answered.catch(() => {}); // whoever waits for it hears of it
  outgoing.setTimeout(TIMEOUT, () => outgoing.destroy(new Error(`no answer from ${url} within ${TIMEOUT / 1000} seconds`)));
  outgoing.flushHeaders();
  return {
    answered,
    /** Resolves when it has left this process. @param {string} chunk */
    write: (chunk) => new Promise((resolve) => outgoing.write(chunk, resolve)),
    end: () => outgoing.end(),
    close: () => outgoing.destroy(),
  };
}
