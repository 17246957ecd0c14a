/**
 * The Worker that ships, with levers for what no client can bring about: time that passes, a store that is down, a fault
 * in the middle of a step, the internet. The shim and the wasm are the very same; what changes is the world
 * that they see. For tests alone: `pnpm deploy` knows nothing of this file.
 *
 * POST /levers with a JSON object pulls those that are named in it.
 */
import { internet } from './internet.js';
import worker, { Principal as ShippedPrincipal } from '../../shim/worker.js';

const levers = Object.assign(internet, {
  /** How far ahead the clock is, in milliseconds. */
  clock: 0,
  /** So many writes to ORDERS fail. */
  lostCopies: 0,
  /** So many writes to AUDIT fail. */
  lostParts: 0,
  /** A statement that is given all of these texts traps: the host's function throws, and the step is cut off there. @type {string[]} */
  trapOn: [],
  /** So many statements from now on, whoever's they are, one traps; 0: none. */
  trapAfter: 0,
  /** How often that happened. To be read. */
  traps: 0,
  /** A commit fails in which a statement was given this text: what its steps have written is taken back, and the core was not cut off. */
  loseCommitOf: '',
  /** So many writes to ORDERS are done, and their answers lost. */
  unansweredCopies: 0,
  /** How often an object came to life, or back to it. To be read. */
  awakenings: 0,
  /** How many requests came. To be read, and to be set to 0. */
  requests: 0,
  /** What the Worker takes for its own scheme and host; as it was asked where this is empty. */
  origin: '',
  /** What statements have read and written, as Cloudflare bills it, and how often an alarm was set. To be read, and to be set to 0. */
  rowsRead: 0,
  rowsWritten: 0,
  alarmsSet: 0,
  /** The same by statement. @type {Record<string, { times: number, read: number, written: number }>} */
  statements: {},
  /** So many hops are taken, and their answers lost. */
  lostAnswers: 0,
  /** Objects keep their answers to themselves. */
  holdAnswers: false,
  /** Each look at the clock makes it so much later, in milliseconds. */
  tick: 0,
  /** No timer takes longer, in milliseconds; 0: each as long as it says. */
  longestTimer: 0,
  /** No timer takes less, but for what only waits for its turn. */
  shortestTimer: 0,
  /** Hops that came to objects, and how many of their answers come later. To be read, and to be emptied. @type {{ requests: number, bytes: number, later: number }[]} */
  hops: [],
  /** What was written to ANALYTICS. To be read, and to be emptied. @type {AnalyticsEngineDataPoint[]} */
  points: [],
});

const now = Date.now;
Date.now = () => now() + (levers.clock += levers.tick);

/** Keep-alives come as often as a test can wait for. */
const realInterval = globalThis.setInterval;
globalThis.setInterval = /** @type {any} */ ((/** @type {() => void} */ work, /** @type {number} */ wait) => realInterval(work, Math.min(wait, 300)));

const realTimeout = globalThis.setTimeout;
globalThis.setTimeout = /** @type {any} */ ((/** @type {() => void} */ work, /** @type {number} */ wait) => {
  const least = wait > 0 ? Math.max(wait, levers.shortestTimer) : wait;
  return realTimeout(work, levers.longestTimer ? Math.min(least, levers.longestTimer) : least);
});

const decoder = new TextDecoder();
let losesCommit = false;
const RealInstance = WebAssembly.Instance;
/** @type {any} */ (WebAssembly).Instance = function (/** @type {WebAssembly.Module} */ module, /** @type {any} */ imports) {
  const { query } = imports.host;
  /** @param {number} sql @param {number} sqlSize @param {number} values @param {number} valuesSize */
  imports.host.query = (sql, sqlSize, values, valuesSize) => {
    if (levers.trapAfter > 0 && --levers.trapAfter === 0) {
      levers.traps++;
      throw new Error('a lever was pulled');
    }
    const given = decoder.decode(new Uint8Array(/** @type {any} */ (instance.exports).memory.buffer, values, valuesSize));
    if (levers.loseCommitOf && given.includes(levers.loseCommitOf)) losesCommit = true;
    if (levers.trapOn.length > 0 && levers.trapOn.every((text) => given.includes(text))) throw new Error('a lever was pulled');
    return query(sql, sqlSize, values, valuesSize);
  };
  const instance = new RealInstance(module, imports);
  return instance;
};

/** KV's own clock cannot be moved: here, what has expired by the Worker's clock is gone. @param {KVNamespace} kv @returns {KVNamespace} */
function expiring(kv) {
  return /** @type {any} */ ({
    get: async (/** @type {string} */ key, /** @type {any} */ options) => {
      const { value, metadata } = await kv.getWithMetadata(key, { type: 'text' });
      const { expires = Infinity } = /** @type {{ expires?: number }} */ (metadata ?? {});
      if (value === null || expires <= Date.now()) return null;
      return options?.type === 'json' ? JSON.parse(value) : value;
    },
    put: (/** @type {string} */ key, /** @type {string} */ value, /** @type {KVNamespacePutOptions} */ options = {}) => {
      const { expirationTtl, expiration } = options;
      const expires = expirationTtl ? Date.now() + expirationTtl * 1000 : expiration && expiration * 1000;
      return kv.put(key, value, { metadata: { expires } });
    },
    delete: (/** @type {string} */ key) => kv.delete(key),
    list: (/** @type {KVNamespaceListOptions} */ options) => kv.list(options),
  });
}

/** @param {KVNamespace} kv @param {'lostCopies' | 'lostParts'} lever @param {'unansweredCopies'} [silent] @returns {KVNamespace} */
function losing(kv, lever, silent) {
  return /** @type {any} */ ({
    get: (/** @type {string} */ key) => kv.get(key),
    delete: (/** @type {string} */ key) => kv.delete(key),
    put: async (/** @type {string} */ key, /** @type {string} */ value, /** @type {KVNamespacePutOptions} */ options) => {
      if (levers[lever] > 0) {
        levers[lever]--;
        throw new Error('KV PUT failed: 503 (a lever was pulled)');
      }
      await kv.put(key, value, options);
      if (silent && levers[silent] > 0) {
        levers[silent]--;
        throw new Error('no answer (a lever was pulled)');
      }
    },
  });
}

/** A cursor whose rows are not counted yet: it knows them when it has been read to its end, which is before the next statement. @type {any} */
let uncounted;
/** Its statement. */
let statement = '';

function countRows() {
  if (!uncounted) return;
  const { rowsRead, rowsWritten } = uncounted;
  uncounted = undefined;
  levers.rowsRead += rowsRead;
  levers.rowsWritten += rowsWritten;
  const of = (levers.statements[statement] ??= { times: 0, read: 0, written: 0 });
  of.times++;
  of.read += rowsRead;
  of.written += rowsWritten;
}

/** Puts counters around what objects do with their storage; once for the isolate. @param {DurableObjectStorage} storage */
function watch(storage) {
  const [ofSql, ofStorage] = [storage.sql, storage].map((each) => Object.getPrototypeOf(each));
  if (ofSql.watched) return;
  const { exec } = ofSql;
  ofSql.watched = true;
  /** @param {...any} given */
  ofSql.exec = function (...given) {
    countRows();
    statement = given[0];
    return (uncounted = exec.apply(this, given));
  };
  const { setAlarm, transactionSync } = ofStorage;
  let depth = 0;
  /** @param {() => any} work */
  ofStorage.transactionSync = function (work) {
    depth++;
    try {
      return transactionSync.call(this, () => {
        const result = work();
        if (depth > 1 || !losesCommit) return result;
        losesCommit = false;
        throw new Error('a lever was pulled: the commit fails');
      });
    } finally {
      depth--;
    }
  };
  /** @param {...any} given */
  ofStorage.setAlarm = function (...given) {
    levers.alarmsSet++;
    return setAlarm.apply(this, given);
  };
}

/** @param {Env} env @returns {Env} */
const world = (env) => {
  const { ORDERS, AUDIT } = /** @type {{ ORDERS: KVNamespace, AUDIT: KVNamespace }} */ (/** @type {unknown} */ (env)); // the shim knows nothing of them
  return { ...env, OAUTH_KV: expiring(env.OAUTH_KV), .../** @type {object} */ ({ ANALYTICS: { writeDataPoint: (/** @type {AnalyticsEngineDataPoint} */ point) => levers.points.push(point) }, ORDERS: losing(ORDERS, 'lostCopies', 'unansweredCopies'), AUDIT: losing(AUDIT, 'lostParts') }) };
};

export class Principal extends ShippedPrincipal {
  /** @param {DurableObjectState} ctx @param {Env} env */
  constructor(ctx, env) {
    watch(ctx.storage);
    super(ctx, world(env));
    levers.awakenings++;
  }

  /** @param {Uint8Array[]} requests */
  async answer(requests) {
    const answers = await super.answer(requests);
    const bytes = requests.reduce((sum, { length }) => sum + length, 0);
    levers.hops.push({ requests: requests.length, bytes, later: answers.filter((answer) => typeof answer === 'string').length });
    while (levers.holdAnswers) await new Promise((resolve) => realTimeout(resolve, 20));
    if (levers.lostAnswers > 0) {
      levers.lostAnswers--;
      throw new Error('no answer (a lever was pulled)');
    }
    return answers;
  }
}

/** @type {ExportedHandler<Env>} */
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.pathname === '/levers') {
      countRows();
      Object.assign(levers, await request.json());
      return Response.json(levers);
    }
    levers.requests++;
    const asked = levers.origin ? new Request(levers.origin + url.pathname + url.search, request) : request;
    return /** @type {any} */ (worker.fetch)(asked, world(env), ctx);
  },
};
