/** Whether the modules are the same wherever they are built: builds them once more, in another folder, and compares. */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure, PROJECT, run } from './run.js';

const MODULES = ['deputy.wasm', 'todo.wasm', 'todo_api.wasm'];

/** @throws {Failure} that names the modules that differ */
export async function reproduce() {
  const folder = mkdtempSync(join(tmpdir(), 'another-place-'));
  try {
    copySources(folder);
    await run('cmake', ['--preset', 'wasm'], { cwd: folder, title: `Configuring the build in ${folder}` });
    await run('cmake', ['--build', '--preset', 'wasm'], { cwd: folder, title: 'Building the modules again' });
    const differ = MODULES.filter((name) => !readFileSync(join(PROJECT, 'build/wasm', name)).equals(readFileSync(join(folder, 'build/wasm', name))));
    if (differ.length > 0) throw new Failure(`Another folder gives another ${differ.join(', ')}.`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As they lie here, what is not committed too. @param {string} folder */
function copySources(folder) {
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: PROJECT, encoding: 'utf8' });
  if (listed.status !== 0) throw new Failure('It takes a git checkout to know which files are sources.');
  for (const path of listed.stdout.trim().split('\n').filter((name) => globSync(name, { cwd: PROJECT }).length > 0)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(PROJECT, path), join(folder, path), { dereference: true, recursive: true });
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
}
