/**
 * Finds what a build or the tests need beyond Node packages, and installs what is missing: with apt-get on Debian and
 * Ubuntu, with Homebrew on macOS. Elsewhere it says what to install. It looks at paths more than it asks
 * programs (em++ takes a third of a second to say its version), so that every other command can afford to call it.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CommandFailed, Failure, program, run } from './run.js';

/**
 * @typedef {object} Need
 * @property {string} name as a person would call it
 * @property {string} apt the Debian package
 * @property {string} brew the Homebrew formula; casks begin with --cask
 * @property {() => boolean} found
 */

const HEADERS = ['/usr/include', '/usr/local/include', '/opt/homebrew/include', '/opt/homebrew/opt/openssl@3/include'];
const MACOS_SDK = '/Library/Developer/CommandLineTools/SDKs/MacOSX.sdk/usr/include';
const CHROMIUM = {
  commands: ['chromium', 'chromium-browser', 'google-chrome'],
  apps: ['Chromium.app/Contents/MacOS/Chromium', 'Google Chrome.app/Contents/MacOS/Google Chrome'],
};

/** @type {Need[]} */
const BUILD = [
  { name: 'CMake 3.22 or newer', apt: 'cmake', brew: 'cmake', found: () => atLeast([3, 22], cmakeVersion()) },
  { name: 'Ninja', apt: 'ninja-build', brew: 'ninja', found: () => !!command('ninja') },
  { name: 'Emscripten 3.1.6 or newer', apt: 'emscripten', brew: 'emscripten', found: () => atLeast([3, 1, 6], emscriptenVersion()) },
  { name: 'nlohmann/json', apt: 'nlohmann-json3-dev', brew: 'nlohmann-json', found: () => header('nlohmann/json.hpp') },
];

/** @type {Need[]} */
const NATIVE = [
  // It compiles these sources in two thirds of GCC's time.
  { name: 'Clang 14 or newer', apt: 'clang', brew: 'llvm', found: () => atLeast([14], says('clang++', '--version')) },
  { name: 'Catch2', apt: 'catch2', brew: 'catch2', found: () => header('catch2/catch.hpp', 'catch2/catch_all.hpp') },
  { name: 'SQLite', apt: 'libsqlite3-dev', brew: 'sqlite', found: () => header('sqlite3.h') },
  { name: 'OpenSSL', apt: 'libssl-dev', brew: 'openssl@3', found: () => header('openssl/evp.h') },
];

/** @type {Need[]} */
const TEST = [
  { name: 'the sanitizers of Clang', apt: 'libclang-rt-dev', brew: 'llvm', found: sanitizers },
  { name: 'Spin', apt: 'spin', brew: 'spin', found: () => !!command('spin') },
  { name: 'clang-format', apt: 'clang-format', brew: 'clang-format', found: () => !!command('clang-format') },
  { name: 'Chromium', apt: 'chromium', brew: '--cask chromium', found: () => !!chromium() },
];

/** @type {Need[]} */
const BENCH = [{ name: 'wrk', apt: 'wrk', brew: 'wrk', found: () => !!command('wrk') }];

const NEEDS = { build: BUILD, bench: [...BUILD, ...BENCH], micro: [...BUILD, ...NATIVE], test: [...BUILD, ...BENCH, ...NATIVE, ...TEST] };

/** @typedef {keyof typeof NEEDS} Purpose */

/**
 * @param {{ for: Purpose }} purpose
 * @throws {Failure} when something is missing that could not be installed; it says what to do
 */
export async function setup(purpose) {
  let missing = NEEDS[purpose.for].filter((need) => !need.found());
  if (missing.length === 0) return;

  console.log(`Missing on this machine: ${missing.map((need) => need.name).join(', ')}.`);
  if (process.platform === 'linux' && command('apt-get')) await installWithApt(missing);
  else if (command('brew')) await installWithHomebrew(missing);

  missing = missing.filter((need) => !need.found());
  if (missing.length > 0) throw new Failure(instructions(missing));
}

/** Where a browser for the tests is. @returns {string | undefined} */
export function chromium() {
  return (
    CHROMIUM.commands.map(command).find(Boolean) ??
    CHROMIUM.apps.map((app) => join('/Applications', app)).find((path) => existsSync(path))
  );
}

/** @param {Need[]} missing */
async function installWithApt(missing) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !command('sudo')) return;
  if (!isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
    // It asks for a password, and a question must not hide behind a line of progress.
    console.log('They are installed with apt-get, which needs your password.');
    if (spawnSync('sudo', ['-v'], { stdio: 'inherit' }).status !== 0) return;
  }
  const packages = missing.map((need) => need.apt);
  const apt = (/** @type {string} */ title, /** @type {string[]} */ ...parameters) => {
    const line = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...parameters];
    if (!isRoot) line.unshift('sudo');
    return run(line[0], line.slice(1), { title });
  };
  await orTellHow(() => apt('Reading the package lists', 'update')); // what fails here may not matter to what is needed
  await orTellHow(() =>
    apt(`Installing ${packages.join(' ')}`, 'install', '-y', '--no-install-recommends', ...packages),
  );
}

/** @param {Need[]} missing */
async function installWithHomebrew(missing) {
  for (const { brew } of missing) {
    await orTellHow(() => run('brew', ['install', ...brew.split(' ')], { title: `Installing ${brew}` }));
  }
}

/** A failed installation has shown why; what is still missing is then told with all the rest. @param {() => Promise<unknown>} install */
async function orTellHow(install) {
  try {
    await install();
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
  }
}

/** @param {Need[]} missing */
function instructions(missing) {
  const names = missing.map((need) => `  ${need.name}`).join('\n');
  return `These are still missing:\n${names}\n
Install them and run the same command again:
  Debian, Ubuntu   sudo apt-get install ${missing.map((need) => need.apt).join(' ')}
  macOS            brew install ${missing.map((need) => need.brew).join(' ')}
  elsewhere, or where these are too old: packages of the same names; Emscripten from https://emscripten.org`;
}

/** The path of a program. @param {string} name */
function command(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether any of these headers is where compilers look. @param {string[]} names */
function header(...names) {
  const places = process.platform === 'darwin' ? [...HEADERS, MACOS_SDK] : HEADERS;
  return names.some((name) => places.some((place) => existsSync(join(place, name))) || inMultiarch(name));
}

/** Debian keeps some headers in a directory for the architecture. @param {string} name */
function inMultiarch(name) {
  const cpu = { x64: 'x86_64', arm64: 'aarch64' }[/** @type {string} */ (process.arch)];
  return existsSync(join('/usr/include', `${cpu}-linux-gnu`, name));
}

const cmakeVersion = () => says('cmake', '--version');

function sanitizers() {
  if (process.platform === 'darwin') return true;
  const cpu = { x64: 'x86_64', arm64: 'aarch64' }[/** @type {string} */ (process.arch)];
  // A name that it does not find it gives back as it was.
  return ['', `-${cpu}`].some((suffix) => says('clang++', `-print-file-name=libclang_rt.asan${suffix}.a`)?.startsWith('/'));
}

/** @param {string} name @param {string} question */
function says(name, question) {
  return command(name) && spawnSync(name, [question], { encoding: 'utf8' }).stdout;
}

/** The same text that em++ would say lies beside it. */
export function emscriptenVersion() {
  const path = command('em++');
  if (!path) return undefined;
  const home = dirname(realpathSync(path));
  const beside = [home, join(home, '../libexec'), '/usr/share/emscripten']
    .map((directory) => join(directory, 'emscripten-version.txt'))
    .find((candidate) => existsSync(candidate));
  return beside ? readFileSync(beside, 'utf8') : says('em++', '--version');
}

/** @param {number[]} wanted @param {string | undefined} text that begins with, or contains, a version */
function atLeast(wanted, text) {
  const parts = text?.match(/\d+(\.\d+)+/)?.[0].split('.').map(Number);
  if (!parts) return false;
  const differs = wanted.findIndex((number, index) => number !== parts[index]);
  return differs < 0 || (parts[differs] ?? 0) > wanted[differs];
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({ options: { for: { type: 'string', default: 'build' } } });
  await setup({ for: values.for in NEEDS ? /** @type {Purpose} */ (values.for) : 'build' });
  console.log('Nothing is missing.');
});
