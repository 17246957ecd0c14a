/** `pnpm bench kill`: workerd is killed at random moments, and nothing that anybody was told gets lost or is there twice. */
import { Failure } from '../../scripts/run.js';
import { Killing } from '../support/killing.js';

export const about = 'workerd is killed again and again while people buy, approve and revoke.';

export const help = `Several people and their deputies buy, approve and revoke; workerd gets SIGKILL at a random moment and starts again on the
same storage. Every so often, and in the end: each order, revocation and entry of the trail that was acknowledged is there
exactly once, the chain and every decision verify, KV and WorkOS have what the outbox had to bring them, nothing is held.

  --rounds N   how often it is killed (500)
  --every N    rounds between two looks at everything (50)
  --people N   who are at it at the same time (3)`;

export const options = /** @type {const} */ ({
  rounds: { type: 'string', default: '500' },
  every: { type: 'string', default: '50' },
  people: { type: 'string', default: '3' },
});

/** @param {Record<keyof typeof options, string>} values */
export async function run(values) {
  const [rounds, every, people] = [values.rounds, values.every, values.people].map(Number);
  const started = performance.now();
  const killing = new Killing({ people });
  try {
    await killing.start();
    for (let round = 1; round <= rounds; round++) {
      await killing.round(round);
      if (round % every !== 0 && round !== rounds) continue;
      const seen = await killing.check();
      console.log(`  ${round} of ${rounds} rounds: ${seen.restarts} kills, ${seen.purchases} purchases, ${seen.acknowledged} acknowledged, ${seen.uncertain} more that were there without an answer,`);
      console.log(`    ${seen.approvals} approvals, ${seen.revocations} revocations, ${seen.entries} entries, ${seen.archived} values in the archive: all of it there, once`);
    }
    await killing.checkHolds();
    console.log(`  nothing is held; it took ${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
  } catch (error) {
    throw new Failure(`After ${((performance.now() - started) / 1000).toFixed(0)} seconds: ${/** @type {Error} */ (error).stack}`);
  } finally {
    await killing.stop();
  }
}
