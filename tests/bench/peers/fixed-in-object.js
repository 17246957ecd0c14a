/** L1: a fixed answer through one Durable Object with one storage read. Nothing is authenticated: the token only names the object. */
export { FixedObject } from './fixed-object.js';

export default {
  /** @param {Request} request @param {{ OBJECTS: DurableObjectNamespace }} env */
  fetch(request, env) {
    return env.OBJECTS.getByName(request.headers.get('Authorization') ?? '').fetch(request);
  },
};
