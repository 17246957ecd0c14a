/**
 * What the stories need of a client, whichever it is.
 *
 * @typedef {{ client_id: string, access_token: string, refresh_token?: string, scope?: string }} Credentials
 *
 * @typedef {{ action: 'accept', content: Record<string, string> } | { action: 'decline' } | { action: 'cancel' }} Filled
 *
 * @typedef {object} Human
 * @property {import('../human.js').Choices} choices what they do from now on, at each sign-in
 * @property {URL[]} opened the addresses that the client opened for them
 * @property {(form: any) => Filled} [fill] what they do with a form, where the client can show one
 * @property {(url: URL) => Promise<URL>} [browse] signs in with a browser of their own, and says where that came out
 * @property {(url: string) => Promise<void>} [visit] opens a page that the client was asked to show, where it can do that
 *
 * @typedef {{ type: 'ref/prompt', name: string } | { type: 'ref/resource', uri: string }} Reference
 *
 * @typedef {object} Agent
 * @property {string} name
 * @property {Human} human
 * @property {() => Promise<string[]>} tools the names of the tools
 * @property {(tool: string, parameters?: Record<string, unknown>) => Promise<Answer>} call
 * @property {() => Promise<string[]>} resources the URIs of the resources
 * @property {(uri: string) => Promise<any>} read the JSON that a resource holds
 * @property {(name: string, parameters?: Record<string, string>) => Promise<any[]>} [prompt] its messages
 * @property {(ref: Reference, name: string, value: string) => Promise<string[]>} [complete]
 * @property {(uri: string) => Promise<{ updates: Inbox, end: () => Promise<unknown> }>} [follow] the URIs of what was updated
 * @property {() => Promise<Credentials>} credentials as the client keeps them
 * @property {() => Promise<void>} close
 */

import { setTimeout as sleep } from 'node:timers/promises';

/** The answer of a tool. */
export class Answer {
  /** @param {any} result as it stands in the protocol */
  constructor(result) {
    this.result = result;
    this.text = /** @type {string} */ (result.content.flatMap((/** @type {any} */ part) => part.text ?? []).join('\n'));
    this.isError = result.isError === true;
  }

  /** The answer of a tool that answers with JSON. @returns {any} */
  get json() {
    return JSON.parse(this.text);
  }
}

/** What comes by itself, one after another. */
export class Inbox {
  /** @type {string[]} */
  #waiting = [];

  /** @param {string} item */
  put(item) {
    this.#waiting.push(item);
  }

  /** @param {number} milliseconds to wait at most @returns {Promise<string | undefined>} nothing where nothing came */
  async next(milliseconds) {
    for (const deadline = Date.now() + milliseconds; this.#waiting.length === 0 && Date.now() < deadline; ) await sleep(20);
    return this.#waiting.shift();
  }
}
