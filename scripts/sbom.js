/** What a deployment carries, as a bill of materials in CycloneDX 1.6: its packages, its C++ libraries, the hashes of its modules. */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT, run } from './run.js';
import { emscriptenVersion } from './setup.js';

export const SBOM = join(PROJECT, 'build/sbom.cdx.json');

/** @typedef {{ type: string, name: string, version?: string, licenses?: any[], purl?: string, hashes?: any[], description?: string }} Component */

/** Writes it, and gives its components. @returns {Promise<Component[]>} */
export async function writeSbom() {
  const bom = JSON.parse(await packages());
  bom.components.push(...libraries(), ...modules());
  bom.metadata.tools.components.push({ type: 'application', name: 'emscripten', version: emscripten() });
  mkdirSync(dirname(SBOM), { recursive: true });
  writeFileSync(SBOM, `${JSON.stringify(bom, undefined, 2)}\n`);
  return bom.components;
}

/** The npm packages of production, by pnpm: the one that runs this, where it does. */
async function packages() {
  const { npm_execpath: own, npm_config_user_agent: agent } = process.env;
  const pnpm = own && agent?.startsWith('pnpm/') ? [own] : ['npx', '--yes', 'pnpm@12'];
  const options = ['sbom', '--prod', '--sbom-format', 'cyclonedx', '--sbom-spec-version', '1.6', '--sbom-type', 'application'];
  return (await run(pnpm[0], [...pnpm.slice(1), ...options], { title: 'Writing the bill of materials' })).stdout;
}

/** What is compiled into the modules and is no package of production. @returns {Component[]} */
function libraries() {
  const [simdjson, hashWasm] = ['@nozbe/simdjson', 'hash-wasm'].map(packageVersion);
  const nlohmann = nlohmannVersion();
  const runtime = emscripten();
  return [
    library('simdjson', simdjson, 'Apache-2.0', `pkg:npm/%40nozbe/simdjson@${simdjson}`, 'Parses JSON'),
    library('nlohmann-json', nlohmann, 'MIT', `pkg:github/nlohmann/json@v${nlohmann}`, 'Builds JSON'),
    library('hash-wasm', hashWasm, 'MIT AND 0BSD', `pkg:npm/hash-wasm@${hashWasm}`, 'Digests'),
    // As Emscripten brings them.
    library('musl', undefined, 'MIT', `pkg:generic/emscripten-musl@${runtime}`, `The C library of Emscripten ${runtime}`),
    library('libc++', undefined, 'Apache-2.0 WITH LLVM-exception', `pkg:generic/emscripten-libcxx@${runtime}`, `The C++ library of Emscripten ${runtime}`),
    library('compiler-rt', undefined, 'Apache-2.0 WITH LLVM-exception', `pkg:generic/emscripten-compiler-rt@${runtime}`, `The compiler's functions, of Emscripten ${runtime}`),
    library('emmalloc', undefined, 'MIT OR NCSA', `pkg:generic/emscripten-emmalloc@${runtime}`, `The allocator of Emscripten ${runtime}`),
  ];
}

/** @param {string} name @param {string | undefined} version @param {string} expression SPDX @param {string} purl @param {string} description @returns {Component} */
function library(name, version, expression, purl, description) {
  return { type: 'library', name, version, purl, description, licenses: [expression.includes(' ') ? { expression } : { license: { id: expression } }] };
}

/** @param {string} name @returns {string} */
const packageVersion = (name) => JSON.parse(readFileSync(join(PROJECT, 'node_modules', name, 'package.json'), 'utf8')).version;

/** @returns {Component[]} */
function modules() {
  return globSync('build/wasm/*.wasm', { cwd: PROJECT })
    .filter((path) => !path.endsWith('/conformance.wasm'))
    .sort()
    .map((path) => {
      const content = createHash('sha256').update(readFileSync(join(PROJECT, path))).digest('hex');
      return { type: 'file', name: path, hashes: [{ alg: 'SHA-256', content }] };
    });
}

/** Of the headers that the build used. */
function nlohmannVersion() {
  const headers = globSync('build/wasm/include/nlohmann/{json.hpp,detail/abi_macros.hpp}', { cwd: PROJECT });
  const text = headers.map((path) => readFileSync(join(PROJECT, path), 'utf8')).join('\n');
  return ['MAJOR', 'MINOR', 'PATCH'].map((part) => text.match(new RegExp(`define NLOHMANN_JSON_VERSION_${part}\\s+(\\d+)`))?.[1]).join('.');
}

function emscripten() {
  return emscriptenVersion()?.match(/\d+(\.\d+)+/)?.[0] ?? 'unknown';
}
