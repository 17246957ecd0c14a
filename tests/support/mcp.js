/**
 * MCP over Streamable HTTP, by hand: each message, header and answer is there for a test to change and to look at.
 * Every answer is checked for what holds for all of them: it is JSON-RPC 2.0, and no id is null.
 */
import assert from 'node:assert/strict';
import { EventStream } from './events.js';
import { ask } from './http.js';

/** Revisions with `initialize` and sessions. */
export const LEGACY = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
/** The revision without. */
export const MODERN = '2026-07-28';

export const META = {
  version: 'io.modelcontextprotocol/protocolVersion',
  capabilities: 'io.modelcontextprotocol/clientCapabilities',
  client: 'io.modelcontextprotocol/clientInfo',
  server: 'io.modelcontextprotocol/serverInfo',
};

export const CLIENT = { name: 'test-client', version: '1.0.0' };

/** @typedef {import('./http.js').HeaderFields} HeaderFields */
/** @typedef {import('./http.js').Answer} Answer */
/**
 * What a test that is about every revision needs of one.
 * @typedef {object} Way
 * @property {string} revision
 * @property {(method: string, params?: any) => Promise<Answer>} request
 * @property {(name: string, args?: object) => Promise<ToolResult>} call
 */
/** @typedef {{ content: { type: string, text: string, uri?: string }[], structuredContent?: any, isError?: boolean }} ToolResult */

let lastId = 0;

/** @param {string} method @param {object} [params] */
export const message = (method, params) => ({ jsonrpc: '2.0', id: ++lastId, method, ...(params && { params }) });

/** @param {string} method @param {object} [params] */
export const notification = (method, params) => ({ jsonrpc: '2.0', method, ...(params && { params }) });

/** A request of 2026-07-28 with all that belongs to it. @param {string} method @param {Record<string, any>} [params] */
export function modernMessage(method, params = {}) {
  const { _meta, ...rest } = params;
  return message(method, { ...rest, _meta: { [META.version]: MODERN, [META.client]: CLIENT, [META.capabilities]: {}, ..._meta } });
}

/** Its headers. @param {{ method: string, params?: any }} request @returns {HeaderFields} */
export function modernHeaders({ method, params }) {
  return { 'MCP-Protocol-Version': MODERN, 'Mcp-Method': method, 'Mcp-Name': params?.name ?? params?.uri };
}

/** What a tool said; links and the like are no text. @param {ToolResult} result */
export const textOf = (result) => result.content.flatMap(({ text }) => text ?? []).join('\n');

/** One client's way to an MCP endpoint. */
export class Endpoint {
  /** Whose connections it uses; a new one for each request without. @type {import('node:http').Agent | undefined} */
  agent;

  /** @param {string} url of the endpoint @param {string} [token] @param {HeaderFields} [headers] sent with everything */
  constructor(url, token, headers = {}) {
    this.url = url;
    this.token = token;
    this.headers = headers;
  }

  /** @param {import('./http.js').Question} question */
  async ask(question) {
    const answer = await ask(this.url, {
      agent: this.agent,
      ...question,
      headers: { Authorization: this.token && `Bearer ${this.token}`, ...this.headers, ...question.headers },
    });
    if (answer.header('Content-Type') === 'application/json' && answer.text.includes('"jsonrpc"')) {
      for (const one of [answer.json].flat()) {
        assert.equal(one.jsonrpc, '2.0');
        assert.notEqual(one.id, null, `an answer with id null: ${answer.text}`);
      }
    }
    return answer;
  }

  /** Posts a body, a message or a batch as it stands. @param {unknown} body text and bytes are sent unchanged @param {HeaderFields} [headers] */
  post(body, headers = {}) {
    return this.ask({
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    });
  }

  /** Asks for a stream: with GET, or with a message that is posted. @param {unknown} [body] @param {HeaderFields} [headers] */
  stream(body, headers = {}) {
    return EventStream.open(this.url, {
      method: body ? 'POST' : 'GET',
      headers: {
        Authorization: this.token && `Bearer ${this.token}`,
        'Content-Type': body ? 'application/json' : undefined,
        Accept: body ? 'application/json, text/event-stream' : 'text/event-stream',
        ...this.headers,
        ...headers,
      },
      body: body ? JSON.stringify(body) : undefined,
    });
  }

  // ---- 2026-07-28 ----

  /** @param {string} method @param {Record<string, any>} [params] @param {HeaderFields} [headers] over those that belong to it */
  modern(method, params, headers = {}) {
    const request = modernMessage(method, params);
    return this.post(request, { ...modernHeaders(request), ...headers });
  }

  /** Calls a tool without a session. @param {string} name @param {object} [args] @returns {Promise<ToolResult>} */
  async call(name, args) {
    return resultOf(await this.modern('tools/call', { name, ...(args && { arguments: args }) }));
  }

  /** @param {object} notifications to hear of */
  listen(notifications) {
    const request = modernMessage('subscriptions/listen', { notifications });
    return this.stream(request, modernHeaders(request));
  }

  /** The same way to ask as a session has. @returns {Way} */
  get way() {
    return {
      revision: MODERN,
      request: (method, params) => this.modern(method, params),
      call: (name, args) => this.call(name, args),
    };
  }

  // ---- Up to 2025-11-25 ----

  /** @param {string} [revision] @param {object} [capabilities] of the client */
  initialize(revision = '2025-11-25', capabilities = {}) {
    return this.post(message('initialize', { protocolVersion: revision, capabilities, clientInfo: CLIENT }));
  }

  /** @param {string} [revision] @param {object} [capabilities] @returns {Promise<Session>} */
  async open(revision = '2025-11-25', capabilities = {}) {
    const answer = await this.initialize(revision, capabilities);
    const id = answer.header('Mcp-Session-Id');
    assert.ok(id, `no session: ${answer.status} ${answer.text}`);
    const session = this.session(id, resultOf(answer).protocolVersion);
    const initialized = await session.post(notification('notifications/initialized'));
    assert.equal(initialized.status, 202);
    return session;
  }

  /** A session that is there already. @param {string} id @param {string} [revision] */
  session(id, revision = '2025-11-25') {
    return new Session(this, id, revision);
  }
}

export class Session extends Endpoint {
  /** @param {Endpoint} endpoint @param {string} id @param {string} revision */
  constructor(endpoint, id, revision) {
    // The version header came with 2025-06-18.
    super(endpoint.url, endpoint.token, {
      ...endpoint.headers,
      'Mcp-Session-Id': id,
      'MCP-Protocol-Version': revision >= '2025-06-18' ? revision : undefined,
    });
    this.agent = endpoint.agent;
    this.id = id;
    this.revision = revision;
  }

  /** @param {string} method @param {object} [params] */
  request(method, params) {
    return this.post(message(method, params));
  }

  /** @param {string} name @param {object} [args] @returns {Promise<ToolResult>} */
  async call(name, args) {
    return resultOf(await this.request('tools/call', { name, ...(args && { arguments: args }) }));
  }

  end() {
    return this.ask({ method: 'DELETE' });
  }
}

/** A way in each revision. @param {Endpoint} endpoint @param {object} [capabilities] of the client, where there are sessions @returns {Promise<Way[]>} */
export async function everyRevision(endpoint, capabilities) {
  return [...(await Promise.all(LEGACY.map((revision) => endpoint.open(revision, capabilities)))), endpoint.way];
}

/** The result of an answer that must be one. @param {import('./http.js').Answer} answer @returns {any} */
export function resultOf(answer) {
  assert.equal(answer.status, 200, `${answer.status} ${answer.text}`);
  assert.ok('result' in answer.json, answer.text);
  return answer.json.result;
}

/** The code of an answer that must be an error. @param {import('./http.js').Answer} answer @returns {number} */
export function codeOf(answer) {
  assert.ok(answer.text.includes('"error"'), `no error: ${answer.status} ${answer.text}`);
  return answer.json.error.code;
}
