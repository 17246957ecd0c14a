/** Programs of the packages under node_modules, started without a shell between. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULES = fileURLToPath(new URL('../../../node_modules/', import.meta.url));

/** @param {string} name of the package @param {string} [bin] of its program, where the package has several */
export function programOf(name, bin = name) {
  const manifest = join(MODULES, name, 'package.json');
  return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin[bin]);
}

/**
 * @param {string} script
 * @param {string[]} parameters
 * @param {Record<string, string>} environment all of it
 */
export function start(script, parameters, environment) {
  const child = spawn(process.execPath, [script, ...parameters], {
    cwd: environment.HOME,
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  let errors = '';
  child.stderr.on('data', (/** @type {Buffer} */ chunk) => (errors += chunk));
  /** @type {Promise<number | NodeJS.Signals | null>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (status, signal) => resolve(status ?? signal));
  });
  void ended.catch(() => {}).then(() => process.off('exit', killed));
  return { child, ended, errors: () => errors };
}
