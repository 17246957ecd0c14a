/** An event stream as it comes: each event with its id, its comments, and the connection to be closed whenever a test likes. */
import assert from 'node:assert/strict';
import { request } from 'node:http';

/** @typedef {{ id?: string, retry?: number, data: string, json?: any }} ServerEvent `data` may be empty */

const TIMEOUT = 20_000;

export class EventStream {
  /** @type {ServerEvent[]} that nobody has taken yet */
  #waiting = [];
  /** @type {(() => void)[]} */
  #watchers = [];
  #text = '';
  /** Comments, without their colon. @type {string[]} */
  comments = [];
  /** The server has closed it. */
  ended = false;
  /** The id of the last event that had one. @type {string | undefined} */
  lastId;

  /** @param {import('node:http').ClientRequest} outgoing @param {import('node:http').IncomingMessage} incoming */
  constructor(outgoing, incoming) {
    this.outgoing = outgoing;
    this.incoming = incoming;
    this.status = incoming.statusCode ?? 0;
    this.headers = incoming.headers;
    incoming.setEncoding('utf8').on('data', (text) => this.#read(text));
    incoming.on('close', () => {
      this.ended = true;
      this.#wake();
    });
    incoming.on('error', () => {});
  }

  /**
   * @param {string} url
   * @param {{ method?: string, headers?: Record<string, string | undefined>, body?: string }} question
   * @returns {Promise<EventStream>} when the headers are there
   */
  static open(url, { method = 'GET', headers = {}, body }) {
    const fields = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { agent: false, method, headers: /** @type {Record<string, string>} */ (fields) }, (incoming) =>
        resolve(new EventStream(outgoing, incoming)),
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** @param {string} text */
  #read(text) {
    this.#text += text;
    for (let end; (end = this.#text.indexOf('\n\n')) >= 0; this.#text = this.#text.slice(end + 2)) this.#take(this.#text.slice(0, end));
    this.#wake();
  }

  /** @param {string} block */
  #take(block) {
    /** @type {ServerEvent} */
    const event = { data: '' };
    let said = false;
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) {
        this.comments.push(line.slice(1).trim());
        continue;
      }
      const [, field, value] = /** @type {RegExpMatchArray} */ (line.match(/^([a-z]+): ?(.*)$/));
      said = true;
      if (field === 'id') this.lastId = event.id = value;
      if (field === 'retry') event.retry = Number(value);
      if (field === 'data') event.data = value;
    }
    if (event.data) event.json = JSON.parse(event.data);
    if (said) this.#waiting.push(event);
  }

  #wake() {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }

  /** Until something comes, or the stream ends. */
  async #more() {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing came within ${TIMEOUT / 1000} seconds; waiting: ${JSON.stringify(this.#waiting)}`)), TIMEOUT);
    });
    await Promise.race([new Promise((resolve) => this.#watchers.push(() => resolve(undefined))), late]).finally(() => clearTimeout(timer));
  }

  /** The next event. @returns {Promise<ServerEvent>} */
  async next() {
    while (this.#waiting.length === 0) {
      assert.ok(!this.ended, 'the stream ended instead');
      await this.#more();
    }
    return /** @type {ServerEvent} */ (this.#waiting.shift());
  }

  /** The next JSON-RPC message. @returns {Promise<any>} */
  async message() {
    for (;;) {
      const { json } = await this.next();
      if (json) return json;
    }
  }

  /** What is left when the server has closed it. @returns {Promise<ServerEvent[]>} */
  async rest() {
    while (!this.ended) await this.#more();
    return this.#waiting.splice(0);
  }

  /** What has come and was not taken. */
  get pending() {
    return [...this.#waiting];
  }

  /** Goes away without a word. */
  close() {
    this.outgoing.destroy();
  }
}
