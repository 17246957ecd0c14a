/** The developer's own configuration: .dev.vars, which wrangler reads too, or .env where that is what they keep. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Failure, PROJECT } from './run.js';

const DEV_VARS = join(PROJECT, '.dev.vars');
const DOT_ENV = join(PROJECT, '.env');

/**
 * Reads both files; .dev.vars wins. (wrangler by itself ignores .env as soon as there is a .dev.vars.)
 * @returns {Record<string, string>}
 */
export function readDevVars() {
  return { ...readVars(DOT_ENV), ...readVars(DEV_VARS) };
}

/**
 * Adds what local development needs and the developer need not choose, once: it outlives restarts then, and `wrangler
 * dev` finds it as well.
 * @param {Record<string, string>} vars what there is; what is added goes there too
 */
export function completeDevVars(vars) {
  if (!vars.AUTHORITY_SECRET) add(vars, 'AUTHORITY_SECRET', newSecret(), 'Signs local grants.');
  if (vars.PUBLIC_URL === undefined) {
    add(vars, 'PUBLIC_URL', '', 'Empty: any address of this machine, whatever wrangler.toml says about the deployed server.');
  }
}

/** @param {Record<string, string>} vars @param {string} name @param {string} value @param {string} why */
function add(vars, name, value, why) {
  vars[name] = value;
  const file = existsSync(DOT_ENV) && !existsSync(DEV_VARS) ? DOT_ENV : DEV_VARS;
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

/** @param {string} path @returns {Record<string, string>} */
function readVars(path) {
  if (!existsSync(path)) return {};
  return /** @type {Record<string, string>} */ (parseEnv(readFileSync(path, 'utf8')));
}
