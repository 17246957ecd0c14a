// Inputs and outputs of a step (wasm/core/step.h), and the loop that performs effects until there is an answer.

import { performOAuth } from './oauth.js';
import { fetchKnown } from './strangers.js';
import { verifyToken } from './tokens.js';

/** @typedef {import('./wire.js').Writer} Writer */
/** @typedef {import('./wire.js').Reader} Reader */
/** @typedef {(input: Writer) => void} Input */
/** @typedef {{ ok: boolean, code?: number, bytes?: string | Uint8Array }} Result */
/**
 * @typedef {{ kind: 'respond', response: Response }
 *   | { kind: 'reply', bytes: Uint8Array }
 *   | { kind: 'unread', bytes: Uint8Array }
 *   | { kind: 'principal', name: string, hop: 'own' | 'shared' }
 *   | { kind: 'oauth', issuer: string, shareKey: string, shareSeconds: number }
 *   | { kind: 'stream', id: string, response: Response }
 *   | Await} Outcome
 * @typedef {{ kind: 'await', effects: Effect[], continuation: Uint8Array }} Await
 * @typedef {{ id: string, text: string, close: boolean }} StreamWrite
 */
/** @typedef {(world: World) => Promise<Result>} Effect */
/**
 * What effects act on: the request at hand, its body once it was read, and the bindings. In an object the OAuth
 * provider's storage in `env` is the object's own.
 * @typedef {{ env: Env, request?: Request, body?: Uint8Array | null }} World
 */

// ---- Inputs ----

const NO_BYTES = new Uint8Array(0);

/**
 * A request, as it is in the inputs about one.
 * @param {Request} request @returns {(body?: Uint8Array | null) => Input} body: null: too large; left out: unread
 */
export function described({ method, url, headers }) {
  const texts = /** @type {string[]} */ ([]);
  headers.forEach((value, name) => texts.push(name, value));
  return (body) => (out) => {
    out.text(method);
    out.text(url);
    out.u32(texts.length / 2);
    for (const text of texts) out.text(text);
    out.u8(body === undefined ? 0 : body === null ? 2 : 1);
    out.data(body ?? NO_BYTES);
  };
}

/** @param {number} tag @param {string} [text] @returns {Input} */
const withText = (tag, text) => (out) => {
  out.u8(tag);
  if (text !== undefined) out.text(text);
};

export const inputs = {
  /** @param {Input} request @param {number} arrived when, in milliseconds @param {string} address where it comes from @returns {Input} */
  edgeRequest: (request, arrived, address) => (out) => {
    out.u8(1);
    out.f64(arrived);
    out.text(address);
    request(out);
  },
  /** @param {Input} request @param {number} arrived when, in milliseconds @returns {Input} */
  principalRequest: (request, arrived) => (out) => {
    out.u8(2);
    out.f64(arrived);
    request(out);
  },
  /** @param {string} call */
  principalCall: (call) => withText(3, call),
  /** @param {string} call */
  vaultCall: (call) => withText(4, call),
  alarm: withText(5),
  /** @param {string[]} openStreams @returns {Input} */
  wake: (openStreams) => (out) => {
    out.u8(6);
    out.u32(openStreams.length);
    for (const id of openStreams) out.text(id);
  },
  /** @param {Input} request @param {'us' | 'others'} reached @param {Uint8Array} [continuation] of the flow whose step trapped @returns {Input} */
  fault: (request, reached, continuation = new Uint8Array(0)) => (out) => {
    out.u8(7);
    out.u8(reached === 'others' ? 1 : 0);
    out.data(continuation);
    request(out);
  },
  /** @param {Uint8Array} continuation @param {Result[]} results @returns {Input} */
  resume: (continuation, results) => (out) => {
    out.u8(8);
    out.data(continuation);
    out.u32(results.length);
    for (const { ok, code = 0, bytes = '' } of results) {
      out.u8(ok ? 1 : 0);
      out.u32(code);
      if (typeof bytes === 'string') out.text(bytes);
      else out.data(bytes);
    }
  },
  /** @param {string} id */
  streamOpened: (id) => withText(9, id),
  /** @param {string} id */
  streamClosed: (id) => withText(10, id),
  /** @param {Uint8Array} continuation @returns {Input} */
  lost: (continuation) => (out) => {
    out.u8(11);
    out.data(continuation);
  },
};

// ---- Outputs ----

/** @param {Reader} out */
function readHeaders(out) {
  return readList(out, () => /** @type {[string, string]} */ ([out.text(), out.text()]));
}

/** @param {Reader} out @returns {Effect} */
function readEffect(out) {
  switch (out.u8()) {
    case 1: {
      const limit = out.u32();
      return async (world) => {
        world.body = await readBody(/** @type {Request} */ (world.request), limit).catch(() => null);
        return world.body ? { ok: true, bytes: world.body } : { ok: false };
      };
    }
    case 2: {
      const [method, url, headers, body] = [out.text(), out.text(), readHeaders(out), out.text()];
      return () => performFetch(url, { method, headers, body: body || null, redirect: 'manual' });
    }
    case 3: {
      const [token, jwksUrl, issuer] = [out.text(), out.text(), readList(out, () => out.text())];
      const [audience, audienceRequired, algorithms] = [out.text(), out.u8() === 1, readList(out, () => out.text())];
      const [typ, clockTolerance] = [out.text(), out.u32()];
      return () => verifyToken(token, jwksUrl, { issuer, audience, audienceRequired, algorithms, typ, clockTolerance });
    }
    case 4: {
      const [operation, issuer, args] = [out.text(), out.text(), out.text()];
      return (world) => performOAuth(operation, issuer, JSON.parse(args), world);
    }
    case 5: {
      const [binding, key, value, ttl] = [out.text(), out.text(), out.text(), out.u32()];
      return async ({ env }) => {
        await namespace(env, binding).put(key, value, ttl ? { expirationTtl: ttl } : {});
        return { ok: true };
      };
    }
    case 6: {
      const [name, call] = [out.text(), out.text()];
      return async ({ env }) => ({ ok: true, bytes: await principal(env, name).call(call) });
    }
    case 7: {
      const [limiter, key] = [out.text(), out.text()];
      return async ({ env }) => {
        const binding = /** @type {RateLimit | undefined} */ (/** @type {any} */ (env)[limiter]);
        const { success } = (await binding?.limit({ key })) ?? { success: true };
        return { ok: success };
      };
    }
    case 8: {
      const milliseconds = out.u32();
      return () => new Promise((resolve) => setTimeout(() => resolve({ ok: true }), milliseconds));
    }
    case 9: {
      const [binding, key] = [out.text(), out.text()];
      return async ({ env }) => {
        const value = await namespace(env, binding).get(key);
        return value === null ? { ok: false, code: 404 } : { ok: true, bytes: value };
      };
    }
    case 10: {
      const [binding, key] = [out.text(), out.text()];
      return async ({ env }) => {
        await namespace(env, binding).delete(key);
        return { ok: true };
      };
    }
    default:
      throw new Error('the core asks for an unknown effect');
  }
}

/** @param {Reader} out */
function readResponse(out) {
  const [status, headers, body] = [out.u32(), readHeaders(out), out.view()];
  const fields = Object.fromEntries(headers);
  // Pairs take several times as long, and only they can say a name twice.
  const init = { status, headers: Object.keys(fields).length === headers.length ? fields : headers };
  return new Response(body.length > 0 ? body : null, init);
}

/** @param {Reader} out @returns {Await} */
function readAwait(out) {
  return { kind: 'await', effects: readList(out, readEffect), continuation: out.data() };
}

/** @template T @param {Reader} out @param {(out: Reader) => T} read @returns {T[]} */
function readList(out, read) {
  const list = [];
  for (let left = out.u32(); left > 0; --left) list.push(read(out));
  return list;
}

const AWAIT = 5;

/** An answer is left as it is, for the Worker to read. @param {Reader} out @returns {Outcome} */
export function leaveAnswer(out) {
  const bytes = out.restBytes();
  return bytes[0] === AWAIT ? readOutcome(out) : { kind: 'unread', bytes };
}

/** @param {Reader} out @returns {Outcome} */
export function readOutcome(out) {
  switch (out.u8()) {
    case 1:
      return { kind: 'respond', response: readResponse(out) };
    case 2:
      return { kind: 'reply', bytes: out.data() };
    case 3:
      return { kind: 'principal', name: out.text(), hop: out.u8() === 1 ? 'shared' : 'own' };
    case 4:
      return { kind: 'oauth', issuer: out.text(), shareKey: out.text(), shareSeconds: out.u32() };
    case AWAIT:
      return readAwait(out);
    case 6:
      return { kind: 'stream', response: readResponse(out), id: out.text() };
    default:
      throw new Error('the core gives an unknown output');
  }
}

/**
 * What a step leaves: its alarm (milliseconds, 0 for none), what it writes to streams, flows that begin in the background,
 * lines for the log, what Analytics Engine counts, and its outcome.
 * @template T @param {Reader} out @param {(out: Reader) => T} read reads the outcome
 */
export function readOutput(out, read) {
  const alarm = out.f64();
  const writes = readList(out, () => ({ id: out.text(), text: out.text(), close: out.u8() === 1 }));
  const background = readList(out, readAwait);
  const log = readList(out, () => out.text());
  const points = readList(out, () => ({ indexes: [out.text()], blobs: readList(out, () => out.text()), doubles: readList(out, () => out.f64()) }));
  return { alarm, writes, background, log, points, outcome: read(out) };
}

// ---- Effects ----

/** The principal's object. @param {Env} env @param {string} name */
export function principal(env, name) {
  return env.PRINCIPALS.getByName(name);
}

/** @param {Env} env @param {string} binding @returns {KVNamespace} */
function namespace(env, binding) {
  return /** @type {any} */ (env)[binding];
}

/** The status of what nobody hears: whoever asked has left in the middle of their request, which is no failure of ours. */
export const CLIENT_GONE = 499;

/** The whole body, or null where it is longer than `limit` bytes. @param {Request} request @param {number} limit */
export async function readBody(request, limit) {
  const announced = request.headers.get('Content-Length');
  if (announced !== null && Number(announced) > limit) return null; // before any of it comes
  if (announced !== null && Number(announced) <= limit) return new Uint8Array(await request.arrayBuffer());
  if (!request.body) return new Uint8Array(0);
  const parts = [];
  let size = 0;
  for await (const part of request.body) {
    size += part.length;
    if (size > limit) return null; // leaving the loop cancels the rest
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const FETCH_TIMEOUT_MS = 10_000;
const FETCH_LIMIT = 1024 * 1024;

/** @param {string} url @param {RequestInit} init @returns {Promise<Result>} */
async function performFetch(url, init) {
  // Not AbortSignal.timeout: its timer would keep an object awake that has its answer.
  const abortion = new AbortController();
  const timer = setTimeout(() => abortion.abort(new Error('no answer in time')), FETCH_TIMEOUT_MS);
  try {
    const response = await fetchKnown(url, { ...init, signal: abortion.signal });
    const body = await readBody(/** @type {Request} */ (/** @type {unknown} */ (response)), FETCH_LIMIT);
    return body ? { ok: true, code: response.status, bytes: body } : { ok: false, bytes: 'the answer is too large' };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Steps and effects in turn until there is an outcome that needs no more of them.
 * @param {(input: Input) => Outcome | Promise<Outcome>} step
 * @param {Input} begin
 * @param {World} world
 */
export async function run(step, begin, world) {
  return goOn(step, await step(begin), world);
}

/** @param {(input: Input) => Outcome | Promise<Outcome>} step @param {Outcome} outcome @param {World} world */
export async function goOn(step, outcome, world) {
  while (outcome.kind === 'await') {
    const { effects, continuation } = outcome;
    const results = await Promise.all(
      effects.map((effect) =>
        effect(world).catch((error) => {
          console.warn('an effect failed:', String(error));
          return { ok: false, bytes: String(error) };
        }),
      ),
    );
    outcome = await step(inputs.resume(continuation, results));
  }
  return outcome;
}
