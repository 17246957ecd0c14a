/**
 * The developer's own configuration: .dev.vars, which wrangler reads too, or .env where that is what they keep. An
 * environment of wrangler.toml has a file of its own, such as .dev.vars.todo.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Failure, PROJECT } from './run.js';

const DEV_VARS = join(PROJECT, '.dev.vars');
const DOT_ENV = join(PROJECT, '.env');

/**
 * Reads both files; .dev.vars wins. (wrangler by itself ignores .env as soon as there is a .dev.vars.)
 * @param {string} [environment] of wrangler.toml: its file alone
 * @returns {Record<string, string>}
 */
export function readDevVars(environment) {
  return environment ? readVars(`${DEV_VARS}.${environment}`) : { ...readVars(DOT_ENV), ...readVars(DEV_VARS) };
}

/**
 * Adds what local development needs and the developer need not choose, once: it outlives restarts then, and `wrangler
 * dev` finds it as well.
 * @param {Record<string, string>} vars what there is; what is added goes there too
 * @param {string} [environment] of wrangler.toml
 */
export function completeDevVars(vars, environment) {
  const shared = existsSync(DOT_ENV) && !existsSync(DEV_VARS) ? DOT_ENV : DEV_VARS;
  const file = environment ? `${DEV_VARS}.${environment}` : shared;
  if (!vars.AUTHORITY_SECRET) add(file, vars, 'AUTHORITY_SECRET', newSecret(), 'Signs local grants.');
  if (vars.PUBLIC_URL === undefined) {
    add(file, vars, 'PUBLIC_URL', '', 'Empty: any address of this machine, whatever wrangler.toml says about the deployed server.');
  }
}

/** @param {string} file @param {Record<string, string>} vars @param {string} name @param {string} value @param {string} why */
function add(file, vars, name, value, why) {
  vars[name] = value;
  const existing = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const separator = existing === '' || existing.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${separator}# ${why}\n${name}="${value}"\n`, { mode: 0o600 });
}

/** 256 random bits. */
export function newSecret() {
  return randomBytes(32).toString('base64url');
}

/** Whether the real AuthKit is configured. Half a configuration is a mistake. @param {Record<string, string>} vars */
export function hasWorkOS(vars) {
  const names = ['WORKOS_CLIENT_ID', 'WORKOS_API_KEY'];
  const missing = names.filter((name) => !vars[name]);
  if (missing.length === 1) {
    throw new Failure(`${missing[0]} is missing: set both ${names.join(' and ')} in .dev.vars to use AuthKit, or neither.`);
  }
  return missing.length === 0;
}

/** Names of the variable that says which issuer it is, in the order in which they count. */
export const ISSUER_NAMES = ['ISSUER', 'PING_FEDERATE_ISSUER', 'WORKOS_AUTHKIT_DOMAIN'];

/**
 * The issuer of the to-do list's tokens, where it is a real one: its URL. Half a configuration is a mistake.
 * @param {Record<string, string>} vars @returns {string | undefined}
 */
export function issuerOf(vars) {
  const named = ISSUER_NAMES.find((name) => vars[name]);
  const needed = ['MCP_SERVER_CLIENT_ID', 'MCP_SERVER_CLIENT_SECRET'];
  const missing = needed.filter((name) => !vars[name]);
  if (!named && missing.length === needed.length) return undefined;
  if (!named || missing.length > 0) {
    const wanted = [...(named ? [] : ['PING_FEDERATE_ISSUER']), ...missing].join(' and ');
    throw new Failure(`To use an issuer of your own, ${wanted} must be in .dev.vars.todo too: see docs/PINGFEDERATE.md.`);
  }
  return urlOfIssuer(named, vars[named]);
}

/** The issuer that one of these variables names, as wasm/core/config.cpp has it: AuthKit is known by its domain. @param {string} name @param {string} value */
export function urlOfIssuer(name, value) {
  if (name !== 'WORKOS_AUTHKIT_DOMAIN') return value;
  const domain = value.replace(/\/$/, '');
  return domain.startsWith('https://') ? domain : `https://${domain}`;
}

/** @param {string} path @returns {Record<string, string>} */
function readVars(path) {
  if (!existsSync(path)) return {};
  return /** @type {Record<string, string>} */ (parseEnv(readFileSync(path, 'utf8')));
}
