/** `@modelcontextprotocol/client`, as an application would use it: with a keeper of its credentials of its own. */
import { randomUUID } from 'node:crypto';
import { auth, Client, SdkHttpError, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { signIn } from '../human.js';
import { Answer, Inbox } from './agent.js';

const REDIRECT = 'http://127.0.0.1:33418/callback'; // where nobody listens: this process takes the answer itself

/** @implements {Provider} @typedef {import('@modelcontextprotocol/client').OAuthClientProvider} Provider */
class Credentials {
  redirectUrl = REDIRECT;
  clientMetadata = {
    client_name: 'TypeScript application',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  };
  /** @type {import('./agent.js').Human} */
  human = { choices: {}, opened: [] };
  /** @type {any} */ #client;
  /** @type {any} */ #tokens;
  /** @type {any} */ #discovered;
  #verifier = '';
  #state = '';

  state() {
    return (this.#state = randomUUID());
  }
  clientInformation() {
    return this.#client;
  }
  /** @param {any} client */
  saveClientInformation(client) {
    this.#client = client;
  }
  tokens() {
    return this.#tokens;
  }
  /** @param {any} tokens */
  saveTokens(tokens) {
    this.#tokens = tokens;
  }
  discoveryState() {
    return this.#discovered;
  }
  /** @param {any} state */
  saveDiscoveryState(state) {
    this.#discovered = state;
  }
  /** @param {string} verifier */
  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }
  codeVerifier() {
    return this.#verifier;
  }
  /** @param {string} scope */
  invalidateCredentials(scope) {
    if (scope === 'all' || scope === 'tokens') this.#tokens = undefined;
    if (scope === 'all' || scope === 'client') this.#client = undefined;
    if (scope === 'all' || scope === 'discovery') this.#discovered = undefined;
  }
  /** @param {URL} url */
  redirectToAuthorization(url) {
    this.human.opened.push(url);
  }

  /** What comes back for the sign-in that was opened last. */
  async answer() {
    const url = /** @type {URL} */ (this.human.opened.at(-1));
    const { redirect, page } = await this.#through(url);
    if (!redirect) throw new Error(`the sign-in ended on a page: ${page.status} ${page.text}`);
    if (redirect.searchParams.get('state') !== this.#state) throw new Error(`another state came back: ${redirect}`);
    return redirect.searchParams;
  }

  /** @param {URL} url @returns {ReturnType<typeof signIn>} */
  async #through(url) {
    const { browse, choices } = this.human;
    return browse ? { redirect: await browse(url), page: /** @type {any} */ (undefined) } : signIn(url.href, choices);
  }
}

/** @implements {Agent} @typedef {import('./agent.js').Agent} Agent */
export class SdkClient {
  /** How often the server had ended the session, so that a new one had to be opened. */
  reconnects = 0;
  #keeper = new Credentials();
  #client;
  #url;
  /** @type {StreamableHTTPClientTransport} */
  #transport;

  /** @param {string} url of the MCP endpoint @param {'legacy' | 'auto'} mode @param {Partial<import('./agent.js').Human>} [human] */
  constructor(url, mode, human = {}) {
    Object.assign(this.human, human);
    this.name = `@modelcontextprotocol/client (${mode})`;
    this.#url = new URL(url);
    this.#client = new Client(
      { name: 'typescript-application', version: '1.0.0' },
      { versionNegotiation: { mode }, capabilities: { elicitation: { form: {}, ...(human.visit && { url: {} }) } } },
    );
    this.#client.setRequestHandler('elicitation/create', async ({ params }) => {
      if (params.mode === 'url') {
        await this.human.visit?.(params.url);
        return { action: /** @type {const} */ ('accept') };
      }
      return this.human.fill?.(params) ?? { action: /** @type {const} */ ('cancel') };
    });
    this.#transport = new StreamableHTTPClientTransport(this.#url, { authProvider: this.#keeper });
  }

  /**
   * Signs in and connects.
   * @param {string} url
   * @param {'legacy' | 'auto'} mode
   * @param {{ scope?: string, person?: string, human?: Partial<import('./agent.js').Human> }} [options] the scopes to ask
   *   for at first, if not those of the server's challenge, and who signs in
   */
  static async start(url, mode, { scope, person, human } = {}) {
    const client = new SdkClient(url, mode, { choices: { person }, ...human });
    if (scope) {
      await auth(client.#keeper, { serverUrl: url, scope });
      await client.#finish();
    }
    await client.#persevere(() => client.#connect());
    return client;
  }

  get human() {
    return this.#keeper.human;
  }

  /** @returns {string | undefined} */
  get protocolVersion() {
    return this.#client.getNegotiatedProtocolVersion();
  }

  async #finish() {
    await this.#transport.finishAuth(await this.#keeper.answer());
  }

  /**
   * Does it, and what the library leaves to the application: the sign-in that it asks for on the way, and a new session
   * where the server has ended the old one (MCP 2025-11-25, transports, session management).
   * @template T
   * @param {() => Promise<T>} action
   * @returns {Promise<T>}
   */
  async #persevere(action) {
    let [mayFinish, mayReconnect] = [true, true];
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (error instanceof UnauthorizedError && mayFinish) {
          mayFinish = false;
          await this.#finish();
        } else if (error instanceof SdkHttpError && error.status === 404 && mayReconnect) {
          mayReconnect = false;
          this.reconnects++;
          await this.#client.close();
          await this.#connect();
        } else {
          throw error;
        }
      }
    }
  }

  #connect() {
    this.#transport = new StreamableHTTPClientTransport(this.#url, { authProvider: this.#keeper });
    return this.#client.connect(this.#transport);
  }

  async tools() {
    const { tools } = await this.#persevere(() => this.#client.listTools());
    return tools.map((tool) => tool.name);
  }

  /** @param {string} name @param {Record<string, unknown>} [parameters] */
  async call(name, parameters = {}) {
    return new Answer(await this.#persevere(() => this.#client.callTool({ name, arguments: parameters })));
  }

  async resources() {
    const { resources } = await this.#persevere(() => this.#client.listResources());
    return resources.map(({ uri }) => uri);
  }

  /** @param {string} uri */
  async read(uri) {
    const { contents } = await this.#persevere(() => this.#client.readResource({ uri }));
    return JSON.parse(/** @type {any} */ (contents[0]).text);
  }

  /** @param {string} name @param {Record<string, string>} [parameters] */
  async prompt(name, parameters = {}) {
    return (await this.#persevere(() => this.#client.getPrompt({ name, arguments: parameters }))).messages;
  }

  /** @param {import('./agent.js').Reference} ref @param {string} name @param {string} value */
  async complete(ref, name, value) {
    const { completion } = await this.#persevere(() => this.#client.complete({ ref, argument: { name, value } }));
    return completion.values;
  }

  /** @param {string} uri */
  async follow(uri) {
    const updates = new Inbox();
    this.#client.setNotificationHandler('notifications/resources/updated', ({ params }) => updates.put(params.uri));
    if (this.protocolVersion === '2026-07-28') {
      const subscription = await this.#persevere(() => this.#client.listen({ resourceSubscriptions: [uri] }));
      return { updates, end: () => subscription.close() };
    }
    await this.#persevere(() => this.#client.subscribeResource({ uri }));
    return { updates, end: () => this.#client.unsubscribeResource({ uri }) };
  }

  async credentials() {
    return { ...this.#keeper.tokens(), client_id: this.#keeper.clientInformation().client_id };
  }

  close() {
    return this.#client.close();
  }
}
