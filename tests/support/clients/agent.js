/**
 * What the stories need of a client, whichever it is.
 *
 * @typedef {{ client_id: string, access_token: string, refresh_token?: string, scope?: string }} Credentials
 *
 * @typedef {object} Human
 * @property {import('../human.js').Choices} choices what they do from now on, at each sign-in
 * @property {URL[]} opened the addresses that the client opened for them
 *
 * @typedef {object} Agent
 * @property {string} name
 * @property {Human} human
 * @property {() => Promise<string[]>} tools the names of the tools
 * @property {(tool: string, parameters?: Record<string, unknown>) => Promise<Answer>} call
 * @property {() => Promise<Credentials>} credentials as the client keeps them
 * @property {() => Promise<void>} close
 */

/** The answer of a tool. */
export class Answer {
  /** @param {any} result as it stands in the protocol */
  constructor(result) {
    this.result = result;
    this.text = /** @type {string} */ (result.content.map((/** @type {any} */ part) => part.text).join('\n'));
    this.isError = result.isError === true;
  }

  /** The answer of a tool that answers with JSON. @returns {any} */
  get json() {
    return JSON.parse(this.text);
  }
}
