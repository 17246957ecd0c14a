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
 * Makes the secret that local grants are signed with, once, so that they outlive a restart and so that `wrangler dev`
 * finds it as well.
 * @param {Record<string, string>} vars to which it is added
 */
export function ensureAuthoritySecret(vars) {
  if (vars.AUTHORITY_SECRET) return;
  vars.AUTHORITY_SECRET = newSecret();
  const file = existsSync(DOT_ENV) && !existsSync(DEV_VARS) ? DOT_ENV : DEV_VARS;
  const existing = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const separator = existing === '' || existing.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${separator}AUTHORITY_SECRET="${vars.AUTHORITY_SECRET}"\n`, { mode: 0o600 });
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
