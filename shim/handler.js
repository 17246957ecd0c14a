// The Worker: asks the core what to do with a request, and does it.

import { coreOf } from './core.js';
import { serverOf } from './oauth.js';
import { inputs, principal, readOutput, run } from './steps.js';
import { STREAM, holdStream } from './streams.js';

/** @type {ExportedHandler<Env>} */
export default {
  async fetch(request, env, ctx) {
    const core = coreOf(env);
    const step = (/** @type {import('./steps.js').Input} */ input) => {
      const { outcome, log } = readOutput(core.step(input));
      for (const line of log) console.log(line);
      return outcome;
    };
    /** @type {import('./steps.js').World} */
    const world = { env, request: /** @type {Request} */ (/** @type {unknown} */ (request)) };
    try {
      const outcome = await run(step, inputs.edgeRequest(/** @type {any} */ (request)), world);
      // A body that a step has read is sent on as it was read.
      const onward = world.body ? new Request(request, { body: world.body }) : request;
      if (outcome.kind === 'respond') return outcome.response;
      if (outcome.kind === 'principal') {
        const object = principal(env, outcome.name);
        const response = await object.fetch(/** @type {any} */ (onward));
        return response.headers.has(STREAM) ? await holdStream(object, response) : response;
      }
      if (outcome.kind === 'oauth') return await serverOf(outcome.issuer, env).fetch(/** @type {any} */ (onward), env, ctx);
    } catch (error) {
      console.error('a step failed', error);
    }
    try {
      const outcome = step(inputs.fault(/** @type {any} */ (request), undefined));
      if (outcome.kind === 'respond') return outcome.response;
    } catch (error) {
      console.error('even the answer to a failure failed', error);
    }
    return new Response(null, { status: 500 });
  },
};
