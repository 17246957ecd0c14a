// The Worker: asks the core what to do with a request, and does it.

import { coreOf } from './core.js';
import { hop } from './hop.js';
import { serverOf } from './oauth.js';
import { CLIENT_GONE, described, inputs, principal, readBody, readOutcome, readOutput, run } from './steps.js';
import { holdStream } from './streams.js';

/** @type {ExportedHandler<Env>} */
export default {
  async fetch(request, env, ctx) {
    const arrived = Date.now();
    const core = coreOf(env);
    /** @type {'us' | 'others'} */
    let reached = 'us';
    const withBody = described(/** @type {any} */ (request));
    let about = withBody();
    const step = (/** @type {import('./steps.js').Input} */ input) => {
      const { outcome, log } = readOutput(core.step(input), readOutcome);
      for (const line of log) console.log(line);
      reached = 'others'; // what the step asked for may be done, and anything fail after it
      return outcome;
    };
    /** @type {import('./steps.js').World} */
    const world = { env, request: /** @type {Request} */ (/** @type {unknown} */ (request)) };
    try {
      const outcome = await run(step, inputs.edgeRequest(about, arrived, request.headers.get('CF-Connecting-IP') ?? ''), world);
      if (outcome.kind === 'respond') return outcome.response;
      if (outcome.kind === 'principal' && outcome.hop === 'shared') {
        const body = await readBody(/** @type {any} */ (request), core.bodyLimit).catch(() => undefined);
        if (body === undefined) return new Response(null, { status: CLIENT_GONE });
        about = withBody(body);
        const answer = await hop(env, outcome.name, about, ctx);
        if (answer.kind === 'respond') return answer.response;
        if (answer.kind === 'stream') return await holdStream(principal(env, outcome.name), answer);
      }
      // A body that a step has read is sent on as it was read.
      const onward = world.body ? new Request(request, { body: world.body }) : request;
      if (outcome.kind === 'principal') return await principal(env, outcome.name).fetch(/** @type {any} */ (onward));
      if (outcome.kind === 'oauth') return await serverOf(outcome.issuer, env).fetch(/** @type {any} */ (onward), env, ctx);
    } catch (error) {
      console.error('a step failed', error);
    }
    try {
      const outcome = step(inputs.fault(about, reached));
      if (outcome.kind === 'respond') return outcome.response;
    } catch (error) {
      console.error('even the answer to a failure failed', error);
    }
    return new Response(null, { status: 500 });
  },
};
