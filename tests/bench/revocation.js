/** `pnpm bench revocation`: nothing starts after a revocation has answered. */
import { startStack } from '../../dev/stack.js';
import { Failure } from '../../scripts/run.js';
import { AuthorityPage } from '../support/authority-page.js';
import { appoint } from '../support/deputy.js';
import { OAuthClient } from '../support/oauth-client.js';

/** @typedef {{ sent: number, answered: number, bought: boolean }} Call */

/** A client that buys over several connections until its grant has ended. */
class Buyer {
  /** @type {Call[]} */
  calls = [];
  ended = false;

  /** @param {import('../support/deputy.js').Deputy} deputy @param {number} connections */
  constructor(deputy, connections) {
    this.deputy = deputy;
    this.grant = deputy.accessToken.split(':')[1];
    this.done = Promise.all(Array.from({ length: connections }, () => this.#buy()));
  }

  async #buy() {
    while (!this.ended) {
      const sent = performance.now();
      const answer = await this.deputy.mcp.modern('tools/call', {
        name: 'buyMcpShopItem',
        arguments: { company: 'ACME', mailingAddress: '1 Road, Town', tshirtSize: 'L' },
      });
      const bought = answer.status === 200 && answer.json.result?.structuredContent?.status === 'success';
      this.calls.push({ sent, answered: performance.now(), bought });
      if (answer.status === 401) this.ended = true;
    }
  }
}

/** @param {string} url @param {OAuthClient} client @param {number} connections */
async function appointBuyer(url, client, connections) {
  return new Buyer(await appoint(url, { client }), connections);
}

/** @param {number[]} sorted @param {number} part */
const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

export const about = 'Clients buy without pause while their person revokes one after the other.';

export const help = `Several clients of one person buy without pause, each over several connections, while the person revokes one of them after
the other on the authority page. Counts the effects that started after a revocation had answered (there must be none),
in the audit trail and by the clock, and prints how long after the click the last call was still accepted.

  --revocations N   how many (1000)
  --clients N       that work at the same time (3)
  --connections N   of each client (4)`;

export const options = /** @type {const} */ ({
  revocations: { type: 'string', default: '1000' },
  clients: { type: 'string', default: '3' },
  connections: { type: 'string', default: '4' },
});

/** @param {Record<keyof typeof options, string>} values */
export async function run(values) {
  const [revocations, clients, connections] = [values.revocations, values.clients, values.connections].map(Number);
  const stack = await startStack({ vars: { CALLS_PER_MINUTE: '0' } });
  try {
    const page = await AuthorityPage.open(stack.url);
    const registered = await Promise.all(Array.from({ length: clients }, () => OAuthClient.register(stack.url)));
    const buyers = await Promise.all(registered.map((client) => appointBuyer(stack.url, client, connections)));
    /** @type {number[]} */
    const delays = [];
    let late = 0;
    let lateInTrail = 0;
    let bought = 0;
    for (let round = 0; round < revocations; round++) {
      const turn = round % clients;
      const buyer = buyers[turn];
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 40));
      const clicked = performance.now();
      await page.do({ do: 'revoke', grant: buyer.grant });
      const answered = performance.now();
      await buyer.done;
      const accepted = buyer.calls.filter((call) => call.bought);
      bought += accepted.length;
      late += accepted.filter(({ sent }) => sent > answered).length;
      const last = Math.max(...accepted.map((call) => call.answered), clicked);
      delays.push(last - clicked);
      // The trail is the judge: no effect of this grant stands after the entry of its revocation.
      const entries = await page.entries(`?grant=${buyer.grant}&limit=50`);
      const end = entries.find(({ kind }) => kind === 'revocation');
      if (!end) throw new Failure(`the revocation of ${buyer.grant} is not in the trail`);
      lateInTrail += entries.filter(({ seq, kind, outcome }) => seq > end.seq && kind === 'call' && outcome === 'done').length;
      buyers[turn] = await appointBuyer(stack.url, buyer.deputy.client, connections);
      if ((round + 1) % 50 === 0) console.log(`  ${round + 1} of ${revocations} revocations, ${bought} purchases so far`);
    }
    for (const buyer of buyers) buyer.ended = true;
    await Promise.all(buyers.map(({ done }) => done));
    delays.sort((a, b) => a - b);
    const figures = [0.5, 0.9, 0.99, 1].map((part) => `${quantile(delays, part).toFixed(1)} ms`);
    console.log(`\n${revocations} revocations, ${clients} clients with ${connections} connections each, ${bought} purchases before them`);
    console.log(`  effects that started after a revocation had answered: ${late} by the clock, ${lateInTrail} in the trail`);
    console.log(`  from the click to the last accepted call: median ${figures[0]}, 90% ${figures[1]}, 99% ${figures[2]}, longest ${figures[3]}`);
    if (late + lateInTrail > 0) throw new Failure('Something started after a revocation had answered.');
  } finally {
    await stack.stop();
  }
}
