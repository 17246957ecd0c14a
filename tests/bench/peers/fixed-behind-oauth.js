/** L2: L1 behind the OAuth provider, whose state is in KV. */
import { behindOAuth } from './sign-in.js';

export { FixedObject } from './fixed-object.js';

export default behindOAuth({
  /** @param {Request} request @param {{ OBJECTS: DurableObjectNamespace }} env @param {any} ctx */
  fetch(request, env, ctx) {
    return env.OBJECTS.getByName(ctx.props.userId).fetch(request);
  },
});
