// A principal's object: everything about one human, behind one single writer.
//
// Steps that wait together share one commit. Where one of them traps, nothing of it is there, and each is taken again in a
// commit of its own: so a step that traps takes back its own writes and nobody else's. No answer and no effect leaves before
// its commit.

import { DurableObject } from 'cloudflare:workers';
import { coreOf, newObject } from './core.js';
import { serverOf, vaultNamespace } from './oauth.js';
import { CLIENT_GONE, described, goOn, inputs, leaveAnswer, readBody, readOutcome, readOutput, run } from './steps.js';
import { LINK, STREAM } from './streams.js';
import { Tickets } from './tickets.js';

/** @typedef {import('./steps.js').Input} Input */
/** @typedef {import('./steps.js').Outcome} Outcome */
/** @typedef {typeof readOutcome} Read how an outcome is read */
/** @typedef {ReturnType<typeof readOutput<Outcome>>} Output */
/** @typedef {{ input: Input, read: Read, resolve: (outcome: Outcome) => void, reject: (error: unknown) => void }} Waiting */

/** Answers that go back by one hop, in bytes; beyond it they are fetched one by one. */
const MAX_ANSWERED_BYTES = 4 * 1024 * 1024;
/** In place of an answer, where not even the answer to a failure could be had. */
const NOTHING = /** @type {const} */ ({ kind: 'unread', bytes: new Uint8Array(0) });

const decoder = new TextDecoder();

/** @extends {DurableObject<Env>} */
export class Principal extends DurableObject {
  #core;
  #number = newObject();
  /** @type {Waiting[]} */
  #waiting = [];
  /** When the alarm goes off, as far as this instance knows. */
  #alarm = Infinity;
  #tickets = new Tickets();
  /** Answers of the OAuth provider that the same request may get again. @type {Map<string, Promise<Response>>} */
  #shared = new Map();
  /** The OAuth provider's last answer: it reads, waits and writes, so that two requests with one code must not overlap. @type {Promise<any>} */
  #turn = Promise.resolve();
  /** The bindings, with the OAuth provider's storage in this object. @type {Env} */
  #env;

  /** @param {DurableObjectState} ctx @param {Env} env */
  constructor(ctx, env) {
    super(ctx, env);
    this.#core = coreOf(env);
    const vault = async (/** @type {object} */ call) => {
      const outcome = await this.#step(inputs.vaultCall(JSON.stringify(call)));
      if (outcome.kind !== 'reply') throw new Error('the vault gave no reply');
      return JSON.parse(decoder.decode(outcome.bytes));
    };
    this.#env = { ...env, OAUTH_KV: vaultNamespace(vault, env.OAUTH_KV) };
    const woken = this.#alone(inputs.wake(this.#readers().map((socket) => ctx.getTags(socket)[0])));
    if (woken.kind !== 'reply') throw new Error('this object cannot start: its log line says why');
  }

  /** A request that has its own hop. @param {Request} request */
  async fetch(request) {
    if (request.url === LINK) return this.#link(/** @type {string} */ (request.headers.get(STREAM)));
    const arrived = Date.now();
    const body = await readBody(request, this.#core.bodyLimit).catch(() => undefined);
    if (body === undefined) return new Response(null, { status: CLIENT_GONE });
    const outcome = await run((input) => this.#step(input), inputs.principalRequest(described(request)(body), arrived), { env: this.#env });
    if (outcome.kind === 'respond') return outcome.response;
    if (outcome.kind === 'oauth') return this.#askOAuth(outcome, request, body);
    throw new Error(`a request that has its own hop ended as ${outcome.kind}`);
  }

  /**
   * Requests that share a hop. One that waits for more than its first step gives a ticket, and does not keep the others waiting.
   * @param {Uint8Array[]} requests (`described`) @returns {Promise<(Uint8Array | string)[]>} outcomes (`readOutcome`), or tickets
   */
  async answer(requests) {
    const arrived = Date.now();
    const begun = await Promise.all(requests.map((request) => this.#begin(request, arrived)));
    if (begun.length === 1) return [await begun[0].answer];
    let size = 0;
    return begun.map(({ answer }) => {
      if (answer instanceof Uint8Array && (size += answer.length) <= MAX_ANSWERED_BYTES) return answer;
      return this.#tickets.give(answer);
    });
  }

  /** Its first step; the answer may come later. @param {Uint8Array} request @param {number} arrived @returns {Promise<{ answer: Uint8Array | Promise<Uint8Array> }>} */
  async #begin(request, arrived) {
    const about = (/** @type {import('./wire.js').Writer} */ out) => out.raw(request);
    const flow = this.#flow(leaveAnswer);
    const failed = (/** @type {unknown} */ error) => {
      console.error('a step failed and was rolled back', error);
      try {
        return this.#alone(inputs.fault(about, 'us', flow.continuation), leaveAnswer);
      } catch {
        return NOTHING;
      }
    };
    const outcome = await flow.step(inputs.principalRequest(about, arrived)).catch(failed);
    if (outcome.kind === 'unread') return { answer: outcome.bytes };
    const end = goOn(flow.step, outcome, { env: this.#env }).catch(failed);
    return { answer: end.then((last) => (last.kind === 'unread' ? last.bytes : NOTHING.bytes)) };
  }

  /** The answer that a ticket was given for. @param {string} ticket */
  async redeem(ticket) {
    return this.#tickets.redeem(ticket);
  }

  /** A call of the Worker. @param {string} call @returns {Promise<Uint8Array>} */
  async call(call) {
    const now = () => run((input) => this.#step(input), inputs.principalCall(call), { env: this.#env });
    const outcome = await (this.#turn = this.#turn.then(now, now));
    if (outcome.kind !== 'reply') throw new Error('the call gave no reply');
    return outcome.bytes;
  }

  /** The Worker holds a stream's other end. @param {string} id */
  async #link(id) {
    for (const former of this.#readers(id)) former.close(1000);
    const [theirs, ours] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(ours, [id]);
    const outcome = await this.#step(inputs.streamOpened(id));
    if (outcome.kind !== 'respond') return new Response(null, { status: 101, webSocket: theirs });
    ours.close(1000);
    return outcome.response;
  }

  /** Who reads a stream: nobody, or one. @param {string} [id] of any stream if left out */
  #readers(id) {
    return this.ctx.getWebSockets(id).filter((socket) => socket.readyState === WebSocket.OPEN);
  }

  /** @param {WebSocket} socket */
  async webSocketClose(socket) {
    const id = this.ctx.getTags(socket)[0];
    if (!this.#readers(id).some((other) => other !== socket)) await this.#step(inputs.streamClosed(id));
  }

  /** @param {WebSocket} socket */
  async webSocketError(socket) {
    await this.webSocketClose(socket);
  }

  async alarm() {
    this.#alarm = Infinity;
    await run((input) => this.#step(input), inputs.alarm, { env: this.#env });
  }

  /** One step, committed together with those that wait at the same time. @param {Input} input @param {Read} [read] @returns {Promise<Outcome>} */
  #step(input, read = readOutcome) {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ input, read, resolve, reject }) === 1) setTimeout(() => this.#commit(), 0);
    });
  }

  #commit() {
    const batch = this.#waiting;
    this.#waiting = [];
    const outputs = batch.length > 1 ? this.#together(batch) : undefined;
    batch.forEach(({ input, read, resolve, reject }, at) => {
      try {
        resolve(outputs ? this.#deliver(outputs[at]) : this.#alone(input, read));
      } catch (error) {
        reject(error);
      }
    });
  }

  /** All steps in one commit; undefined where that failed, and nothing of it is there. @param {Waiting[]} batch */
  #together(batch) {
    try {
      return this.#transaction(() => batch.map(({ input, read }) => this.#run(input, read)));
    } catch (error) {
      console.warn('steps that waited together are taken one by one:', String(error));
    }
  }

  /** One step in a commit of its own. @param {Input} input @param {Read} [read] */
  #alone(input, read = readOutcome) {
    return this.#deliver(this.#transaction(() => this.#run(input, read)));
  }

  /** @param {Input} input @param {Read} read */
  #run(input, read) {
    return readOutput(this.#core.step(input, this.ctx.storage.sql, this.#number), read);
  }

  /** What the core knows of this object may not be so any more where anything is taken back. @template T @param {() => T} work */
  #transaction(work) {
    try {
      return this.ctx.storage.transactionSync(work);
    } catch (error) {
      this.#number = newObject();
      throw error;
    }
  }

  /** In the same turn as the commit, so that an alarm is written with it. @param {Output} output */
  #deliver({ alarm, writes, background, log, points, outcome }) {
    if (alarm !== 0 && alarm < this.#alarm) {
      this.#alarm = alarm;
      this.ctx.storage.setAlarm(alarm);
    }
    for (const { id, text, close } of writes) {
      for (const socket of this.#readers(id)) {
        // A socket that just broke: its close tells the core, and the others of this commit get theirs.
        try {
          if (text) socket.send(text);
          if (close) socket.close(1000);
        } catch (error) {
          console.warn('a stream broke off:', String(error));
        }
      }
    }
    for (const line of log) console.log(line);
    for (const point of points) this.#env.ANALYTICS?.writeDataPoint(point);
    for (const flow of background) this.ctx.waitUntil(this.#goOn(flow));
    return outcome;
  }

  /** A flow that answers nobody. @param {import('./steps.js').Await} begun */
  async #goOn(begun) {
    const flow = this.#flow(readOutcome, begun.continuation);
    try {
      await goOn(flow.step, begun, { env: this.#env });
    } catch (error) {
      console.error('a step in the background failed and was rolled back', error);
      await this.#step(inputs.lost(flow.continuation));
    }
  }

  /** Steps that follow each other, and where the flow is: what its last step would go on from. @param {Read} read @param {Uint8Array} [continuation] */
  #flow(read, continuation = new Uint8Array(0)) {
    const flow = {
      continuation,
      step: async (/** @type {Input} */ input) => {
        const outcome = await this.#step(input, read);
        if (outcome.kind === 'await') flow.continuation = outcome.continuation;
        return outcome;
      },
    };
    return flow;
  }

  /** @param {{ issuer: string, shareKey: string, shareSeconds: number }} to @param {Request} request @param {Uint8Array | null} body */
  async #askOAuth({ issuer, shareKey, shareSeconds }, request, body) {
    const now = () => serverOf(issuer, this.#env).fetch(new Request(request, { body }), this.#env, /** @type {any} */ (this.ctx));
    const ask = () => (this.#turn = this.#turn.then(now, now));
    if (!shareKey) return ask();
    let answer = this.#shared.get(shareKey);
    if (!answer) {
      answer = ask();
      this.#shared.set(shareKey, answer);
      const forget = () => this.#shared.delete(shareKey);
      answer.then((response) => (response.ok ? setTimeout(forget, shareSeconds * 1000) : forget()), forget);
    }
    return (await answer).clone();
  }
}
