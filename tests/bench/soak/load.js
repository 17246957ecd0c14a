/**
 * The load of a soak: an open loop. Requests are due at fixed times, whatever the server does, and their latency counts from
 * then, so that a server that stands still is seen as what it is for those who wait.
 */
import { Agent } from 'node:http';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint } from '../../support/mcp.js';
import { OAuthClient } from '../../support/oauth-client.js';

/** What is asked besides purchases, and how often. */
const MIX = [
  { what: 'inventory', share: 34 },
  { what: 'inventory in a session', share: 15 },
  { what: 'tools', share: 20 },
  { what: 'tools in a session', share: 8 },
  { what: 'orders', share: 21 },
  { what: 'refresh', share: 1.5 },
  { what: 'revoke', share: 0.1 },
];
const WHOLE = MIX.reduce((sum, { share }) => sum + share, 0);
/** The first of the people are so busy that their trails go to the archive again and again. */
const BUSY = 4;
const SHARE_OF_BUSY = 0.2;
/** One connection of so many is a stream. */
const STREAMS = 10;
/** Seconds that a stream is open, at least and at most. A server says something every 15. */
const STREAM_LIFE = /** @type {const} */ ([30, 180]);
/** Access tokens are good for an hour. */
const TOKEN_LIFE = 45 * 60_000;
const SILENCE = 40_000;
const TICK = 5;

/** An answer that is not what was asked for: `what` names the kind, for counting. */
class Unexpected extends Error {}

/** @param {readonly [number, number]} range */
const between = ([least, most]) => least + Math.random() * (most - least);

/** What has happened since the last look. */
class Tally {
  latency = createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 });
  /** @type {Map<string, number>} */
  done = new Map();
  /** Chosen limits: 429 with Retry-After. @type {Map<string, number>} */
  limits = new Map();
  /** @type {Map<string, number>} */
  errors = new Map();
  since = performance.now();
}

/** @param {Map<string, number>} counts @param {string} what */
const count = (counts, what) => void counts.set(what, (counts.get(what) ?? 0) + 1);

/** One person with their deputy. */
class Person {
  /** @type {OAuthClient | undefined} */
  client;
  /** @type {Endpoint | undefined} */
  mcp;
  refreshToken = '';
  /** When the access token came. */
  since = 0;
  /** Of a legacy session. @type {string | undefined} */
  session;
  /** Orders that were acknowledged, and the newest of them. */
  orders = 0;
  /** Requests under way, and whether one of them wants to be alone. */
  busy = 0;
  alone = false;

  /** @param {string} email */
  constructor(email) {
    this.email = email;
  }
}

export class Load {
  /** @type {Person[]} who have signed in */
  people = [];
  tally = new Tally();
  /** Purchases that were begun, and those that were acknowledged. */
  begun = 0;
  bought = 0;
  streams = 0;
  /** @type {Agent[]} each of one connection */
  #idle;
  /** @type {((connection: Agent) => void)[]} */
  #queue = [];
  #stopped = false;
  /** How many of the people are asked for. */
  #reach = Infinity;
  /** @type {Set<Promise<unknown>>} */
  #underWay = new Set();

  /** @param {string} url @param {number} connections */
  constructor(url, connections) {
    this.url = url;
    this.streamsWanted = Math.floor(connections / STREAMS);
    this.#idle = Array.from({ length: connections - this.streamsWanted }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  }

  /** What was counted since the last time. */
  take() {
    const { tally } = this;
    this.tally = new Tally();
    return tally;
  }

  /** Requests that are due and wait for a connection. */
  get waiting() {
    return this.#queue.length;
  }

  // ---- People ----

  /** Signs people in over the real path, several at a time. @param {string[]} emails @param {(signedIn: number) => void} [tell] */
  async gather(emails, tell = () => {}) {
    const left = emails.values();
    const someone = async () => {
      for (const email of left) {
        const person = new Person(email);
        await this.#signIn(person);
        this.people.push(person);
        tell(this.people.length);
      }
    };
    await Promise.all(Array.from({ length: 8 }, someone));
  }

  /** @param {Person} person */
  async #signIn(person) {
    const { client, accessToken, refreshToken } = await OAuthClient.signedIn(this.url, { person: person.email, hinted: true });
    Object.assign(person, { client, refreshToken, since: performance.now(), session: undefined, mcp: new Endpoint(`${this.url}/mcp`, accessToken) });
  }

  /** An access token of somebody who asks for nothing here. @param {string} email */
  async tokenOf(email) {
    return (await OAuthClient.signedIn(this.url, { person: email, hinted: true })).accessToken;
  }

  /** Somebody who has time. @param {boolean} [alone] with nothing else under way @returns {Person} */
  #someone(alone = false) {
    const { people } = this;
    const all = Math.min(people.length, this.#reach);
    const busy = Math.min(BUSY, all);
    for (let tries = 0; tries < 1000; tries++) {
      const range = !alone && Math.random() < SHARE_OF_BUSY ? busy : all;
      const person = people[Math.floor(Math.random() * range)];
      if (!person.alone && !(alone && person.busy > 0)) return person;
    }
    throw new Unexpected('load: nobody has time');
  }

  // ---- Requests ----

  /**
   * Reads at the rate that comes of itself, by so many at once, for a while: requests a second.
   * @param {{ atOnce: number, seconds: number, people: number }} trial `people`: no more than so many are asked for
   */
  async capacity({ atOnce, seconds, people }) {
    this.#reach = people;
    const end = performance.now() + seconds * 1000;
    this.take();
    const one = async () => {
      while (performance.now() < end) await this.#begin(this.#next(), performance.now());
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    this.#reach = Infinity;
    const { done, since } = this.take();
    return [...done.values()].reduce((sum, each) => sum + each, 0) / ((performance.now() - since) / 1000);
  }

  /**
   * Requests for some minutes, of them purchases until there are so many.
   * @param {{ minutes: number, rate: number, orders: number }} plan `rate`: requests a second, purchases among them
   */
  async run({ minutes, rate, orders }) {
    const started = performance.now();
    const length = minutes * 60_000;
    for (let index = 0; index < this.streamsWanted; index++) this.#keep(this.#streams(index));
    const requests = Math.floor((rate * length) / 1000);
    for (let sent = 0, purchases = 0; sent < requests && !this.#stopped; await sleep(TICK)) {
      const passed = Math.min(performance.now() - started, length);
      for (; sent < Math.floor((passed / length) * requests); sent++) {
        const purchase = purchases < Math.floor(((sent + 1) / requests) * orders);
        if (purchase) purchases++;
        this.#keep(this.#begin(purchase ? 'buy' : this.#next(), started + (sent / requests) * length));
      }
    }
  }

  /** No more is asked; what was is waited for. */
  async stop() {
    this.#stopped = true;
    await Promise.all(this.#underWay);
    for (const connection of this.#idle) connection.destroy();
  }

  /** @param {Promise<unknown>} work */
  #keep(work) {
    const kept = work.finally(() => this.#underWay.delete(kept));
    this.#underWay.add(kept);
  }

  #next() {
    let left = Math.random() * WHOLE;
    return (MIX.find(({ share }) => (left -= share) < 0) ?? MIX[0]).what;
  }

  /** @param {string} what @param {number} due */
  async #begin(what, due) {
    const connection = this.#idle.shift() ?? (await new Promise((/** @type {(connection: Agent) => void} */ resolve) => this.#queue.push(resolve)));
    let alone = what === 'refresh' || what === 'revoke';
    /** @type {Person | undefined} */
    let person;
    try {
      person = this.#someone(alone);
      if (person.busy === 0 && what !== 'buy' && performance.now() - person.since > TOKEN_LIFE) [what, alone] = ['refresh', true];
      person.busy++;
      person.alone = alone;
      await this.#do(what, person, connection);
      count(this.tally.done, what);
    } catch (error) {
      this.#count(what, error);
    } finally {
      if (person) {
        person.busy--;
        if (alone) person.alone = false;
      }
      const next = this.#queue.shift();
      if (next) next(connection);
      else this.#idle.push(connection);
    }
    // A sign-in is many requests, and a new client: it would only blur what the others wait for.
    if (what !== 'revoke') this.tally.latency.record(Math.max(1, Math.round((performance.now() - due) * 1000)));
  }

  /** @param {string} what @param {any} error */
  #count(what, error) {
    if (error instanceof Limit) return count(this.tally.limits, `${what}: ${error.message}`);
    count(this.tally.errors, `${what}: ${error instanceof Unexpected ? '' : `${error.code ?? error.name} `}${String(error.message).slice(0, 160)}`);
  }

  /** @param {string} what @param {Person} person @param {Agent} connection */
  async #do(what, person, connection) {
    const mcp = /** @type {Endpoint} */ (person.mcp);
    mcp.agent = connection;
    switch (what) {
      case 'inventory':
        return contentOf(await mcp.modern('tools/call', { name: 'listMcpShopInventory' }));
      case 'tools':
        return resultOf(await mcp.modern('tools/list'));
      case 'inventory in a session':
        return contentOf(await (await this.#session(person)).request('tools/call', { name: 'listMcpShopInventory' }));
      case 'tools in a session':
        return resultOf(await (await this.#session(person)).request('tools/list'));
      case 'orders': {
        const known = person.orders;
        const { total } = contentOf(await mcp.modern('tools/call', { name: 'listMcpShopOrders' }));
        if (!(total >= known)) throw new Unexpected('an acknowledged order is not in the list');
        return;
      }
      case 'buy': {
        const item = { company: 'ACME', mailingAddress: '1 Road, Town', tshirtSize: 'L', idempotencyKey: `soak-${++this.begun}` };
        const { status } = contentOf(await mcp.modern('tools/call', { name: 'buyMcpShopItem', arguments: item }));
        if (status !== 'success') throw new Unexpected(`not bought: ${status}`);
        person.orders++;
        this.bought++;
        return;
      }
      case 'refresh': {
        const { status, body } = await /** @type {OAuthClient} */ (person.client).refresh(person.refreshToken);
        if (status !== 200) throw new Unexpected(`${status} ${body.error}`);
        person.refreshToken = body.refresh_token;
        mcp.token = body.access_token;
        person.since = performance.now();
        return;
      }
      case 'revoke': {
        const { status } = await /** @type {OAuthClient} */ (person.client).revoke(person.refreshToken);
        if (status !== 200) throw new Unexpected(`${status}`);
        const after = await mcp.modern('tools/list');
        if (after.status !== 401) throw new Unexpected(`${after.status} with a token whose grant has ended`);
        return this.#signIn(person);
      }
    }
  }

  /** @param {Person} person */
  async #session(person) {
    const mcp = /** @type {Endpoint} */ (person.mcp);
    if (!person.session) {
      const { agent } = mcp;
      const answer = await mcp.initialize();
      resultOf(answer);
      person.session = answer.header('Mcp-Session-Id') ?? undefined;
      mcp.agent = agent; // somebody else may have called for the same person meanwhile
    }
    return mcp.session(/** @type {string} */ (person.session));
  }

  // ---- Streams ----

  /** One connection with one stream after the other. @param {number} index */
  async #streams(index) {
    while (!this.#stopped) {
      try {
        await this.#stream(this.#someone(true), index % 2 === 0);
        count(this.tally.done, 'stream');
      } catch (error) {
        this.#count('stream', error);
        await sleep(1000);
      }
    }
  }

  /** @param {Person} person @param {boolean} modern */
  async #stream(person, modern) {
    person.busy++; // so that nobody revokes it
    try {
      const mcp = /** @type {Endpoint} */ (person.mcp);
      const stream = modern ? await mcp.listen({ toolsListChanged: true }) : await (await this.#session(person)).stream();
      this.streams++;
      try {
        if (stream.status !== 200) throw new Unexpected(`${stream.status}`);
        const end = performance.now() + between(STREAM_LIFE) * 1000;
        let heard = performance.now();
        for (let said = 0; performance.now() < end && !this.#stopped; await sleep(250)) {
          if (stream.ended) throw new Unexpected('the server has ended it');
          if (stream.comments.length > said) heard = performance.now();
          else if (performance.now() - heard > SILENCE) throw new Unexpected('no keep-alive');
          said = stream.comments.length;
        }
      } finally {
        this.streams--;
        stream.close();
      }
    } finally {
      person.busy--;
    }
  }
}

/** The server refuses as it has said it would. */
class Limit extends Error {}

/** @param {import('../../support/http.js').Answer} answer @returns {any} */
function resultOf(answer) {
  if (answer.status === 429 && answer.header('Retry-After')) throw new Limit('429');
  if (answer.status !== 200) throw new Unexpected(`${answer.status} ${answer.text.slice(0, 120)}`);
  const { result, error } = answer.json;
  if (!result) throw new Unexpected(`error ${error?.code} ${error?.message}`);
  return result;
}

/** What a tool gave. @param {import('../../support/http.js').Answer} answer @returns {any} */
function contentOf(answer) {
  const result = resultOf(answer);
  if (result.isError) throw new Unexpected(`the tool failed: ${result.content?.[0]?.text}`);
  return result.structuredContent;
}
