/**
 * People, their deputies and what they were told while the machine loses its power again and again; and, in the end, whether
 * everything that anybody was told is there. `tests/worker/kill.test.js` runs a few rounds, `pnpm bench kill` hundreds.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkChain, checkDecisions, checkSigned, loadModule, readTrail } from '../../scripts/audit-verify.js';
import { WASM } from '../../scripts/build.js';
import { AuthorityPage } from './authority-page.js';
import { Machine } from './machine.js';
import { Endpoint, textOf } from './mcp.js';
import { OAuthClient } from './oauth-client.js';
import { allOrders } from './orders.js';
import { until } from './until.js';

const RECEIPT = 'mcp.shop/receipt';
/** Limits that nobody reaches; above 20.00 EUR the human is asked. */
const BOUNDS = {
  tools: null,
  limits: ['orders', 'items', 'EUR'].map((measure) => ({ measure, most: 100_000_000, per: 'week' })).concat({ measure: 'calls', most: 1_000_000, per: 'minute' }),
  ask_above: [{ measure: 'EUR', amount: 2000 }],
  expires_at: null,
  until_sign_out: false,
};
/** A call that waited when the power went holds what it costs for 16 minutes. */
const HOLDS_END = 17 * 60_000;

/**
 * @typedef {{ company: string, hand: number, item?: string, id?: string, receipt?: string }} Purchase `company` is also its
 *   idempotency key; `hand`: which of the deputy's two connections it goes over; `id`: it was acknowledged
 * @typedef {{ purchases: number, acknowledged: number, uncertain: number, approvals: number, revocations: number, restarts: number, entries: number, archived: number }} Figures
 */

/** Somebody with a deputy. What they do until the power goes, and what came of it as far as they know. */
class Person {
  /** @type {import('./deputy.js').Deputy | undefined} */
  deputy;
  /** @type {Purchase[]} */
  purchases = [];
  /** Told to be revoked, by grant; the receipt where that was answered. @type {Map<string, string>} */
  revoked = new Map();
  /** Revocations that were not answered. @type {Set<string>} */
  uncertain = new Set();
  approvals = 0;
  /** Is told of each purchase that was answered. */
  answered = () => {};

  /** @param {Machine} machine @param {string} person @param {AuthorityPage} page @param {OAuthClient} client */
  constructor(machine, person, page, client) {
    this.machine = machine;
    this.person = person;
    this.page = page;
    this.client = client;
  }

  /** @param {Machine} machine @param {string} person */
  static async meet(machine, person) {
    return new Person(machine, person, await AuthorityPage.open(machine.url, { person }), await OAuthClient.register(machine.url));
  }

  /** A sign-in is fresh for ten minutes. */
  async signInAgain() {
    this.page = await AuthorityPage.open(this.machine.url, { person: this.person });
  }

  get grant() {
    return this.deputy?.accessToken.split(':')[1] ?? '';
  }

  /** Before a round: what they had asked for before the cut they ask for again, and they have a deputy. */
  async prepare() {
    for (const grant of this.uncertain) {
      const answer = await this.page.act({ do: 'revoke', grant });
      assert.ok([200, 404].includes(answer.status), `${answer.status} ${answer.text}`); // 404: it had been done
      if (answer.status === 200) this.revoked.set(grant, answer.json.receipt);
      this.uncertain.delete(grant);
      if (grant === this.grant) this.deputy = undefined;
    }
    if (this.deputy) return;
    this.deputy = await this.machine.appoint({ client: this.client, choices: { person: this.person } });
    await this.page.do({ do: 'bounds', grant: this.grant, bounds: BOUNDS });
  }

  /** One after the other until the power goes; those of before without an answer are repeated first. @param {string} round @param {number} hand @param {number} most */
  async buy(round, hand, most) {
    const open = this.purchases.filter((purchase) => purchase.hand === hand && purchase.id === undefined).slice(-2);
    for (let i = 0; i < most; i++) {
      const again = open.pop();
      const purchase = again ?? { company: `${round}-${hand}-${i}`, hand, ...(randomInt(4) === 0 && { item: 'mcp-hoodie' }) };
      if (!again) this.purchases.push(purchase);
      await this.#buy(purchase);
      this.answered();
    }
  }

  /** @param {Purchase} purchase */
  async #buy(purchase) {
    const { company, item } = purchase;
    const order = { company, idempotencyKey: company, mailingAddress: '1 Road', tshirtSize: 'M', ...(item && { item }) };
    const mcp = /** @type {Endpoint} */ (this.deputy?.mcp);
    let answer = await mcp.modern('tools/call', { name: 'buyMcpShopItem', arguments: order });
    const asked = answer.status === 200 && /approvals\/([\w-]+)/.exec(textOf(answer.json.result))?.[1];
    if (asked) {
      const { status, text } = await this.page.act({ do: 'approve', id: asked });
      assert.ok(status === 200 || status === 409, text); // 409: the deputy was dismissed meanwhile, and its questions with it
      if (status === 200) this.approvals += 1;
      answer = await mcp.modern('tools/call', { name: 'buyMcpShopItem', arguments: order });
    }
    if (answer.status === 401) throw new Error('the deputy was dismissed');
    assert.equal(answer.status, 200, answer.text);
    assert.ok(!answer.json.result.isError, answer.text);
    purchase.id = answer.json.result.structuredContent.order.id;
    purchase.receipt = answer.json.result._meta[RECEIPT];
  }

  async revoke() {
    const { grant } = this;
    this.uncertain.add(grant);
    const { receipt } = await this.page.do({ do: 'revoke', grant });
    this.revoked.set(grant, receipt);
    this.uncertain.delete(grant);
    this.deputy = undefined;
  }

  // ---- Afterwards ----

  /** Everything that they were told is there, once, and nothing else. @param {Awaited<ReturnType<typeof loadModule>>} module */
  async check(module) {
    await this.prepare();
    const deputy = /** @type {import('./deputy.js').Deputy} */ (this.deputy);
    const { about, lines } = readTrail(await this.page.export());
    const entries = checkChain(lines);
    assert.equal(entries[0]?.seq, 1, 'the trail is there from its beginning');
    checkDecisions(entries, module);
    await checkSigned(about.head, about.keys, lines, entries);

    const orders = await allOrders(deputy);
    const byCompany = new Map(orders.map((order) => [order.company, order]));
    assert.equal(byCompany.size, orders.length, 'no purchase is there twice');
    assert.equal(new Set(orders.map(({ id }) => id)).size, orders.length);
    const asked = new Set(this.purchases.map(({ company }) => company));
    for (const { company } of orders) assert.ok(asked.has(company), `nobody asked for ${company}`);
    for (const { id, company, receipt } of this.purchases) {
      if (id === undefined) continue;
      assert.equal(byCompany.get(company)?.id, id, `the order ${company} was accepted and is gone`);
      await checkSigned(receipt ?? '', about.keys, lines, entries);
    }

    // The trail tells of the same orders: the first entry of each that says that it was done.
    const calls = entries.map((entry, index) => ({ entry, given: lines[index].arguments })).filter(({ entry }) => entry.name === 'buyMcpShopItem');
    const told = new Set(calls.filter(({ entry }) => entry.result === 'done').map(({ given }) => JSON.parse(given ?? '{}').idempotencyKey));
    assert.deepEqual([...told].sort(), [...byCompany.keys()].sort());

    const ends = entries.filter(({ kind }) => kind === 'revocation');
    assert.equal(new Set(ends.map(({ grant }) => grant)).size, ends.length, 'no grant is revoked twice');
    for (const [grant, receipt] of this.revoked) {
      const end = ends.find((entry) => entry.grant === grant);
      assert.ok(end, `the revocation of ${grant} was accepted and is gone`);
      await checkSigned(receipt, about.keys, lines, entries);
      const late = entries.filter((entry) => entry.grant === grant && entry.seq > end.seq && entry.result === 'done');
      assert.deepEqual(late, [], 'nothing is done after it');
    }
    const standing = (await this.page.state()).deputies.filter((/** @type {any} */ { ended }) => !ended).map((/** @type {any} */ { grant }) => grant);
    for (const grant of this.revoked.keys()) assert.ok(!standing.includes(grant), `${grant} stands again`);
    return { orders, entries, principal: about.principal };
  }
}

/** A machine, and people who use it. */
export class Killing {
  /** @type {Person[]} */
  #people = [];
  #restarts = 0;
  #answers = 0;

  /** @param {{ people: number }} options */
  constructor({ people }) {
    this.names = Array.from({ length: people }, (_, index) => `person${index + 1}@example.com`);
    this.machine = new Machine({ levers: true, people });
  }

  async start() {
    await this.machine.start();
    this.module = await loadModule(WASM);
    for (const name of this.names) {
      const person = await Person.meet(this.machine, name);
      person.answered = () => (this.#answers += 1);
      this.#people.push(person);
    }
  }

  stop() {
    return this.machine.stop();
  }

  /** Everybody is at it, and the power goes at some moment. @param {number} number */
  async round(number) {
    const { machine } = this;
    if (number % 25 === 24) for (const person of this.#people) await person.signInAgain();
    for (const person of this.#people) await person.prepare();
    // Objects that are awake: else most cuts would come before anything is done.
    await Promise.all(this.#people.map((person) => person.page.state()));
    /** What nobody may be told. @type {unknown[]} */
    const wrong = [];
    let dark = false;
    /** @param {Promise<unknown>} work */
    const watch = (work) => work.catch((error) => {
      if (error.message === 'the deputy was dismissed') return;
      if (!dark || error instanceof assert.AssertionError) wrong.push(error);
    });
    const work = this.#people.flatMap((person, index) => [
      ...[1, 2].map((hand) => watch(person.buy(`${number}-${index}`, hand, 4))),
      ...(randomInt(3) === 0 ? [watch(sleep(randomInt(150)).then(() => person.revoke()))] : []),
    ]);
    // Sometimes in the first purchases, sometimes between the last one and the delivery of the copies.
    const enough = this.#answers + randomInt(4 * work.length);
    for (const end = Date.now() + randomInt(1000); this.#answers < enough && Date.now() < end; ) await sleep(1);
    await sleep(randomInt(20));
    dark = true;
    await machine.crash();
    await Promise.all(work);
    await machine.start();
    this.#restarts += 1;
    if (randomInt(5) === 0) {
      // Once more, while it finds itself again: the outbox is on its way.
      await sleep(randomInt(150));
      await machine.crash();
      await machine.start();
      this.#restarts += 1;
    }
    if (wrong.length > 0) throw wrong[0];
  }

  /** @returns {Promise<Figures>} throws where something is missing, or is there twice */
  async check() {
    const { machine } = this;
    for (const person of this.#people) await person.signInAgain();
    const seen = [];
    for (const person of this.#people) seen.push(await person.check(/** @type {any} */ (this.module)));
    await until('an empty outbox', () => machine.rows('deliveries') === 0, 120);
    const copies = machine.copies;
    const orders = seen.flatMap((each) => each.orders);
    assert.equal(copies.size, orders.length);
    for (const order of orders) assert.deepEqual(copies.get(`order:${order.userId}:${order.id}`)?.order, order);
    // WorkOS has every entry, under its number and hash.
    const logged = new Map(machine.workos.auditLog.map(({ key, event }) => [key, event.metadata]));
    for (const { entries, principal } of seen) {
      for (const { seq } of entries) assert.equal(logged.get(`${principal}:${seq}`)?.seq, String(seq), `entry ${seq} is not at WorkOS`);
    }
    const purchases = this.#people.flatMap((person) => person.purchases);
    const sum = (/** @type {(person: Person) => number} */ of) => this.#people.reduce((all, person) => all + of(person), 0);
    return {
      purchases: purchases.length,
      acknowledged: purchases.filter(({ id }) => id !== undefined).length,
      uncertain: orders.length - purchases.filter(({ id }) => id !== undefined).length,
      approvals: sum(({ approvals }) => approvals),
      revocations: sum(({ revoked }) => revoked.size),
      restarts: this.#restarts,
      entries: seen.reduce((all, { entries }) => all + entries.length, 0),
      archived: machine.archive.size,
    };
  }

  /** Nothing is held any more once the time of what was cut off is over; the last check, for it moves the clock. */
  async checkHolds() {
    const { machine } = this;
    for (const person of this.#people) await person.signInAgain();
    await machine.pull({ clock: HOLDS_END });
    for (const person of this.#people) {
      const { deputies } = await person.page.state();
      for (const { use } of deputies) for (const { reserved } of use) assert.equal(reserved, 0);
    }
    assert.equal(machine.rows('uses'), 0);
  }
}
