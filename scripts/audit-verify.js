/**
 * `pnpm audit:verify`: holds an exported audit trail against itself, against what was signed, and against the module that
 * decided. Everything that it says it has seen; what it could not see it says too.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compactVerify, importJWK } from 'jose';
import { WASM } from './build.js';
import { Failure, program } from './run.js';

const HELP = `pnpm audit:verify FILE [options]

Checks an audit trail that was exported from the authority page (NDJSON): every hash, the chain from the first entry to
the last, the digests of the arguments that are still there, and every decision, which the same WebAssembly module makes
again. With something signed, it also finds what is missing at the end. Stops at the first entry that does not hold.

  --receipt JWS   a receipt: of a tool result (_meta), or of a revocation. Can be given more than once
  --head JWS      a signed head, instead of the one in the file
  --keys FILE|URL the public keys of the deployment, from /.well-known/jwks.json; without it, those in the file, which
                  prove only that the file was signed by whoever made it
  --wasm FILE     the module that decided (build/wasm/deputy.wasm)
  --help          this text`;

/** @typedef {{ entry: string, hash: string, arguments?: string, salt?: string }} Line */
/** @typedef {{ seq: number, prev: string, wasm?: string, arguments?: string, input?: unknown, decision?: unknown, [more: string]: unknown }} Entry */

/** @param {string} text */
const sha256 = (text) => createHash('sha256').update(text).digest('base64url');

/** An exported trail: its first line says whose it is, each of the others is an entry. @param {string} text */
export function readTrail(text) {
  const lines = text.split('\n').filter(Boolean);
  const first = parse(lines[0] ?? '', 1);
  if (first.kind !== 'audit-trail') throw new Failure('This is no audit trail: its first line does not say so.');
  return { about: first, lines: lines.slice(1).map((line, index) => /** @type {Line} */ (parse(line, index + 2))) };
}

/** @param {string} line @param {number} number @returns {any} */
function parse(line, number) {
  try {
    return JSON.parse(line);
  } catch {
    throw new Failure(`Line ${number} is not JSON: the file is damaged or cut off there.`);
  }
}

/**
 * The chain alone. Throws at the first entry that does not hold.
 * @param {Line[]} lines @returns {Entry[]}
 */
export function checkChain(lines) {
  /** @type {Entry[]} */
  const entries = [];
  for (const line of lines) {
    const before = entries.at(-1);
    const entry = /** @type {Entry} */ (parse(line.entry, entries.length + 2));
    const fail = (/** @type {string} */ why) => {
      throw new Failure(`Entry ${entry.seq} does not hold: ${why}.`);
    };
    if (sha256(line.entry) !== line.hash) fail('its text was changed (its hash is another one)');
    if (before && entry.seq !== before.seq + 1) fail(`the entry before it is number ${before.seq}, so some are missing`);
    if (before && entry.prev !== lines[entries.length - 1].hash) fail('it does not follow the entry before it');
    if (!before && entry.seq === 1 && entry.prev !== '') fail('it says that something came before the first entry');
    if (line.arguments !== undefined && sha256(line.salt + line.arguments) !== entry.arguments) fail('its arguments are not those that were used');
    entries.push(entry);
  }
  return entries;
}

/** The module, with nothing but what a decision needs. @param {string} path */
export async function loadModule(path) {
  const bytes = readFileSync(path);
  const module = new WebAssembly.Module(bytes);
  const nothing = () => {
    throw new Error('a decision needs nothing from outside');
  };
  /** @param {number} at @param {number} size */
  const memory = (at, size) => Buffer.from(exports.memory.buffer, at, size);
  const imports = {
    host: {
      query: nothing,
      // Of a module of before, which asked for digests.
      sha256: (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ to) => createHash('sha256').update(memory(at, size)).digest().copy(memory(to, 32)),
      hmac_sha256: nothing,
      ed25519_sign: nothing,
      ed25519_public_key: nothing,
    },
    env: { emscripten_notify_memory_growth() {} },
    wasi_snapshot_preview1: { proc_exit: nothing },
  };
  const exports = /** @type {any} */ (new WebAssembly.Instance(module, imports).exports);
  exports._initialize();
  const write = (/** @type {string} */ text) => {
    const data = Buffer.from(text);
    data.copy(memory(exports.input_buffer(data.length), data.length));
    return data.length;
  };
  exports.configure(write('{}'));
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    /** @param {string} input */
    replay(input) {
      const at = exports.replay(write(input));
      return memory(at + 4, memory(at, 4).readUInt32LE()).toString();
    },
  };
}

/** JSON with its members in order, as the entries have it: of strings, integers and what is made of them. @param {any} value @returns {string} */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** Every decision again, by the module that made it. @param {Entry[]} entries @param {{ sha256: string, replay(input: string): string }} module */
export function checkDecisions(entries, module) {
  const counted = { again: 0, byAnother: 0 };
  for (const entry of entries) {
    if (!entry.input) continue;
    if (entry.wasm !== module.sha256) {
      counted.byAnother += 1;
      continue;
    }
    if (module.replay(canonical(entry.input)) !== canonical(entry.decision)) {
      throw new Failure(`Entry ${entry.seq} does not hold: the module decides otherwise on what the entry says that it knew.`);
    }
    counted.again += 1;
  }
  return counted;
}

/**
 * What was signed, against the trail: what it names must be there.
 * @param {string} jws @param {{ keys: any[] }} keys @param {Line[]} lines @param {Entry[]} entries
 */
export async function checkSigned(jws, keys, lines, entries) {
  const { payload, protectedHeader } = await compactVerify(jws, async (header) => {
    const key = keys.keys.find(({ kid }) => kid === header.kid);
    if (!key) throw new Failure(`It was signed by the key ${header.kid}, which is none of those given.`);
    return importJWK(key, 'EdDSA');
  }).catch((error) => {
    throw error instanceof Failure ? error : new Failure('A signature does not hold: it was changed, or signed by somebody else.');
  });
  const signed = JSON.parse(new TextDecoder().decode(payload));
  const last = entries.at(-1)?.seq ?? 0;
  if (signed.seq > last) throw new Failure(`The end is missing: entry ${signed.seq} was signed for, the file ends with ${last}.`);
  const index = entries.findIndex(({ seq }) => seq === signed.seq);
  if (signed.seq !== 0 && index < 0) throw new Failure(`Entry ${signed.seq} was signed for, and the file begins after it.`);
  if (signed.seq !== 0 && lines[index].hash !== signed.hash) throw new Failure(`Entry ${signed.seq} does not hold: another one was signed for.`);
  return { type: String(protectedHeader.typ), seq: /** @type {number} */ (signed.seq), at: /** @type {number} */ (signed.at) };
}

/** @param {string} where @returns {Promise<{ keys: any[] }>} */
async function readKeys(where) {
  if (!/^https?:/.test(where)) return JSON.parse(readFileSync(where, 'utf8'));
  const response = await fetch(where);
  if (!response.ok) throw new Failure(`${where} answered with status ${response.status}.`);
  return /** @type {{ keys: any[] }} */ (await response.json());
}

await program(import.meta.url, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      receipt: { type: 'string', multiple: true },
      head: { type: 'string' },
      keys: { type: 'string' },
      wasm: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(HELP);
  if (positionals.length !== 1) throw new Failure('Name one file: pnpm audit:verify FILE');
  const { about, lines } = readTrail(readFileSync(positionals[0], 'utf8'));

  const entries = checkChain(lines);
  const [from, to] = [entries.at(0)?.seq ?? 0, entries.at(-1)?.seq ?? 0];
  console.log(`✓ ${entries.length} entries, ${from} to ${to}: every hash and the chain hold`);
  if (from > 1) console.log(`  what came before entry ${from} is not in the file`);
  const erased = entries.filter(({ arguments: digest }, index) => digest && lines[index].arguments === undefined).length;
  if (erased) console.log(`  of ${erased} entries the arguments were not kept or were erased; their digests are there`);

  const path = values.wasm ?? WASM;
  if (existsSync(path)) {
    const { again, byAnother } = checkDecisions(entries, await loadModule(path));
    console.log(`✓ ${again} decisions made again, all the same`);
    if (byAnother) console.log(`  ${byAnother} decisions were made by another module (another version), so they were not made again`);
  } else {
    console.log(`  no decision was made again: there is no ${path} (pnpm build makes it)`);
  }

  const keys = values.keys ? await readKeys(values.keys) : about.keys;
  const head = values.head ?? about.head;
  for (const jws of [...(head ? [head] : []), ...(values.receipt ?? [])]) {
    const { type, seq, at } = await checkSigned(jws, keys, lines, entries);
    console.log(`✓ signed at ${new Date(at).toISOString()}, entry ${seq} (${type})`);
  }
  if (!head && !values.receipt) console.log('  nothing signed was given: entries that are missing at the end would not be found');
  if (!values.keys) console.log('  the keys are those in the file; with --keys those of the deployment are asked instead');
  console.log('The trail holds.');
});
