/**
 * `pnpm test:mutation`: every guard of the code that decides is taken out or turned around, one at a time, and the tests must
 * notice each. The mutants come from the source by rules, not from a list, so a new guard has its own from the beginning.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { cmake } from './build.js';
import { Failure, PROJECT, duration, program, run, step } from './run.js';
import { setup } from './setup.js';

const FILES = ['decide', 'usage', 'activity', 'approvals'];

const HELP = `pnpm test:mutation [options]

Breaks wasm/authority/{${FILES}}.cpp in one place at a time and runs the model of the authority on
each (tests/model). What no test notices is printed.

  --only NAME   this file; can be given more than once
  --list        what would be done, and nothing else
  --help        this text`;

/** What cannot be noticed, and why: the text of the line, what is made of it, and the reason. @type {{ line: string, instead: string, why: string }[]} */
const EQUIVALENT = [
  {
    line: 'for (const core::JsonView line : list_items(what.ok() ? std::optional(what.root) : std::nullopt)) {',
    instead: 'true',
    why: 'the text was written by what_json in the same file: it is always JSON',
  },
  {
    line: 'if (pair.size() == 2) approval.question.what.emplace_back(std::move(pair[0]), std::move(pair[1]));',
    instead: 'true',
    why: 'the text was written by what_json in the same file: it is always pairs',
  },
];

/** How far a mutant must get to survive: quickly first, most are noticed at once. */
const RUNS = [
  ['--steps', '10000', '--length', '400'],
  ['--steps', '200000', '--length', '500'],
];
/** A loop without an end is noticed as well: seconds. */
const LONGEST = '600';
/** Not C++, or not SQL: no mutant at all. */
const NO_PROGRAM = 'no program';

/**
 * @typedef {{ file: string, line: number, from: number, to: number, instead: string, rule: string, before: string }} Mutant
 * @typedef {{ mutant: Mutant, by: string }} Verdict `by`: what noticed it; empty for nothing
 */

// ---- Mutants ----

/** Text of the same length in which comments and preprocessor lines, and the insides of strings, are blank. @param {string} text */
function codeOf(text) {
  const blank = (/** @type {string} */ part) => part.replaceAll(/[^\n]/g, ' ');
  return text.replaceAll(/\/\/.*|^#.*|"(?:[^"\\\n]|\\.)*"/gm, blank);
}

/** The end of what begins with the bracket at `at`. @param {string} code @param {number} at */
function closing(code, at) {
  let depth = 0;
  for (let i = at; i < code.length; ++i) {
    if ('([{'.includes(code[i])) ++depth;
    if (')]}'.includes(code[i]) && --depth === 0) return i;
  }
  throw new Failure('A bracket is not closed.');
}

const COMPARED = { '==': ['!='], '!=': ['=='], '<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='], '>=': ['>', '<'] };
const JOINED = { '&&': ['||'], '||': ['&&'] };
const COUNTED = { '+': ['-'], '-': ['+'] };
/** The same in SQL. */
const COMPARED_IN_SQL = { '=': ['<>'], '<>': ['='], '<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='], '>=': ['>', '<'] };
const JOINED_IN_SQL = { AND: ['OR'], OR: ['AND'], 'IS NULL': ['IS NOT NULL'], 'IS NOT NULL': ['IS NULL'], ASC: ['DESC'], DESC: ['ASC'], min: ['max'] };

/** @param {string} name @returns {Mutant[]} */
function mutantsOf(name) {
  const file = `wasm/authority/${name}.cpp`;
  const text = readFileSync(join(PROJECT, file), 'utf8');
  const code = codeOf(text);
  /** @type {Mutant[]} */
  const mutants = [];
  const add = (/** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ instead, /** @type {string} */ rule) => {
    const line = text.slice(0, from).split('\n').length;
    mutants.push({ file, line, from, to, instead, rule, before: text.slice(from, to) });
  };

  // Each condition is always true, or never. One that makes a value can only be never true: there would be none.
  for (const { index, 0: word } of code.matchAll(/\bif \(/g)) {
    const open = index + word.length - 1;
    const close = closing(code, open);
    const condition = code.slice(open + 1, close);
    const makes = /^[\w:<>,&* ]+[&*]? \w+ = /.test(condition);
    const last = condition.lastIndexOf('; ') + 1;
    if (makes && last === 0) add(close, close, '; false', 'never');
    else for (const value of ['true', 'false']) add(open + 1 + last, close, (last > 0 ? ' ' : '') + value, value === 'true' ? 'always' : 'never');
  }
  // The conditions of ? and :, up to the nearest bracket, comma or sign of assignment.
  for (const { index } of code.matchAll(/ \? /g)) {
    let from = index;
    for (let depth = 0; from > 0; --from) {
      if (')]}'.includes(code[from - 1])) ++depth;
      if ('([{'.includes(code[from - 1]) && --depth < 0) break;
      const before = code.slice(Math.max(0, from - 7), from);
      if (depth === 0 && /[,;{}?]$|[^:]:$|[^=!<>]= $|return $/.test(before) && code[from] !== ':') break;
    }
    from += code.slice(from, index).match(/^[\s:]*/)?.[0].length ?? 0;
    for (const value of ['true', 'false']) add(from, index, value, value === 'true' ? 'always' : 'never');
  }
  // Comparisons, conjunctions and sums: with a space on both sides, which templates and signs do not have.
  for (const [kind, rule] of /** @type {const} */ ([[COMPARED, 'compares'], [JOINED, 'joins'], [COUNTED, 'counts']])) {
    for (const [operator, others] of Object.entries(kind)) {
      for (let at = code.indexOf(` ${operator} `); at >= 0; at = code.indexOf(` ${operator} `, at + 1)) {
        if (rule === 'counts' && /"\s*$|^..\s*"/.test(text.slice(at - 1, at + 5))) continue; // of texts
        for (const other of others) add(at + 1, at + 1 + operator.length, other, rule);
      }
    }
  }
  // A negation is gone.
  for (const { index } of code.matchAll(/(?<![\w)\]])!(?=[\w*(])/g)) add(index, index + 1, '', 'does not negate');
  // What is refused goes on.
  for (const { index, 0: statement } of code.matchAll(/return (?:deny\(|\{Outcome::deny|Decision\{Outcome::deny|decision;|no;|\*no;|\*question;)/g)) {
    const end = code.indexOf(';', index) + 1;
    add(index, end, ';', `without ${statement.split(/[({;]/)[0]}`);
  }
  // A statement that only does something is not there.
  for (const { index, 0: statement } of code.matchAll(/(?<=^ +|\) )(?:[a-z_]+|storage\.query|storage->query|step\.storage->query|step_\.storage->query|step\.wake_at)\((?=[\s\S])/gm)) {
    if (/^(if|for|while|switch|return|sizeof)\b/.test(statement)) continue;
    const close = closing(code, index + statement.length - 1);
    if (code[close + 1] === ';') add(index, close + 2, ';', 'left out');
  }
  // In SQL: behind a WHERE, or of a CASE. What a SET writes is no comparison.
  for (const { index, 0: literal } of text.matchAll(/"(?:[^"\\\n]|\\.)*"/g)) {
    if (!/\b(SELECT|WHERE|AND|OR|SET|CASE|ORDER)\b/.test(literal)) continue;
    for (const [kind, rule] of /** @type {const} */ ([[COMPARED_IN_SQL, 'compares'], [JOINED_IN_SQL, 'joins']])) {
      for (const [operator, others] of Object.entries(kind)) {
        const pattern = new RegExp(`(?<= )${operator}(?= )|\\b${operator === 'min' ? 'min(?=\\()' : '$.'}`, 'g');
        for (const { index: at } of literal.matchAll(pattern)) {
          const before = literal.slice(0, at);
          const written = before.lastIndexOf('SET ') > Math.max(before.lastIndexOf('WHERE'), before.lastIndexOf('WHEN'));
          if (rule === 'compares' && operator === '=' && written) continue;
          if (operator === 'OR' && /^ ABORT|^ IGNORE/.test(literal.slice(at + 2))) continue;
          for (const other of others) add(index + at, index + at + operator.length, other, `${rule} in SQL`);
        }
      }
    }
  }
  return mutants.sort((a, b) => a.from - b.from);
}

/** @param {Mutant} mutant */
function told({ file, line, before, instead, rule }) {
  const short = (/** @type {string} */ text) => {
    const one = text.replaceAll(/\s+/g, ' ');
    return one.length > 60 ? `${one.slice(0, 57)}...` : one;
  };
  return `${file}:${line}: ${rule}: ${short(before) || 'nothing'} -> ${short(instead) || 'nothing'}`;
}

/** @param {Mutant} mutant */
function equivalence(mutant) {
  const line = readFileSync(join(PROJECT, mutant.file), 'utf8').split('\n')[mutant.line - 1].trim();
  return EQUIVALENT.find((known) => known.line === line && known.instead === mutant.instead);
}

// ---- Running them ----

/** How the model's program is compiled and linked, with another file in place of one of its own. */
function builder() {
  const build = join(PROJECT, 'build/native');
  /** @type {{ directory: string, command: string, file: string }[]} */
  const commands = JSON.parse(readFileSync(join(build, 'compile_commands.json'), 'utf8'));
  const own = commands.filter(({ command }) => command.includes('/authority_model.dir/') && !command.includes('.gch '));
  // A path with characters that a shell would take for its own is in quotes there.
  const objectOf = (/** @type {string} */ command) => command.match(/ -o ("[^"]+"|'[^']+'|\S+)/)?.[1] ?? '';
  const libraries = ['-lcrypto', '-lsqlite3', '-lpthread'].join(' ');
  return {
    directory: join(build, 'mutants'),
    /** @param {string} source that is compiled in place of `file` @param {string} file @param {string} to */
    async make(source, file, to) {
      const original = own.find((command) => command.file === join(PROJECT, file));
      if (!original) throw new Failure(`${file} is not part of the model.`);
      const object = objectOf(original.command);
      const compile = original.command.replace(` -o ${object}`, ` -o '${to}.o'`).replace(/ -c \S+$/, ` -c '${source}' -I '${dirname(original.file)}'`);
      const objects = own.map(({ command }) => (command === original.command ? `'${to}.o'` : objectOf(command)));
      const link = `${original.command.split(' ')[0]} -o '${to}' ${objects.join(' ')} ${libraries}`;
      return run('sh', ['-c', `cd '${original.directory}' && ${compile} && ${link}`], { tolerant: true });
    },
  };
}

/** What notices that `text` stands in place of a file; empty for nothing. @param {string} file @param {string} text @param {string} name of the program @param {ReturnType<typeof builder>} builds */
async function noticed(file, text, name, builds) {
  const base = join(builds.directory, name);
  writeFileSync(`${base}.cpp`, text);
  const made = await builds.make(`${base}.cpp`, file, base);
  if (made.status !== 0) return { by: NO_PROGRAM, output: made.output };
  for (const parameters of RUNS) {
    const { status, output } = await run('timeout', [LONGEST, base, '--first', '--threads', '1', '--seed', '1', ...parameters], { tolerant: true });
    if (/syntax error/.test(output)) return { by: NO_PROGRAM, output };
    if (status !== 0) return { by: output.match(/^FAILED (.*)$/m)?.[1] ?? 'a crash, or an error of SQL', output };
  }
  return { by: '', output: '' };
}

/** @param {Mutant} mutant @param {number} number @param {ReturnType<typeof builder>} builds @returns {Promise<Verdict>} */
async function judge(mutant, number, builds) {
  const text = readFileSync(join(PROJECT, mutant.file), 'utf8');
  const broken = text.slice(0, mutant.from) + mutant.instead + text.slice(mutant.to);
  const { by } = await noticed(mutant.file, broken, String(number), builds);
  for (const file of [`${number}`, `${number}.o`]) rmSync(join(builds.directory, file), { force: true });
  return { mutant, by };
}

/** @param {Mutant[]} mutants @param {ReturnType<typeof builder>} builds @param {(verdict: Verdict, done: number) => void} tell */
async function judgeAll(mutants, builds, tell) {
  /** @type {Verdict[]} */
  const verdicts = [];
  let next = 0;
  const work = async () => {
    while (next < mutants.length) {
      const number = next++;
      const verdict = await judge(mutants[number], number, builds);
      verdicts.push(verdict);
      tell(verdict, verdicts.length);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return verdicts;
}

/** @param {Verdict[]} verdicts @param {string} name */
function row(verdicts, name) {
  const own = verdicts.filter(({ mutant }) => mutant.file.endsWith(`/${name}.cpp`));
  const compiler = own.filter(({ by }) => by === NO_PROGRAM).length;
  const equivalent = own.filter(({ mutant, by }) => !by && equivalence(mutant)).length;
  const found = own.filter(({ by }) => by && by !== NO_PROGRAM).length;
  const count = own.length - compiler;
  return { file: `${name}.cpp`, mutants: count, noticed: found, equivalent, survived: count - found - equivalent, 'no program': compiler };
}

await program(import.meta.url, async () => {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return console.log(HELP);
  const names = values.only ?? FILES;
  const unknown = names.find((name) => !FILES.includes(name));
  if (unknown) throw new Failure(`There is no file ${unknown}.\n\n${HELP}`);
  const mutants = names.flatMap(mutantsOf);
  if (values.list) return console.log(mutants.map(told).join('\n'));

  const started = performance.now();
  await setup({ for: 'test' });
  await cmake('native', 'Building the model of the authority', 'authority_model');
  const builds = builder();
  mkdirSync(builds.directory, { recursive: true });
  const [{ file }] = mutants;
  const sound = await step('Running it as it is', () => noticed(file, readFileSync(join(PROJECT, file), 'utf8'), 'sound', builds));
  if (sound.by) throw new Failure(`It fails before anything is broken:\n${sound.output}`);

  let survived = 0;
  const verdicts = await judgeAll(mutants, builds, ({ mutant, by }, done) => {
    if (!by && !equivalence(mutant)) {
      ++survived;
      console.log(`survived: ${told(mutant)}`);
    }
    if (done % 20 === 0) console.log(`  ${done} of ${mutants.length}, ${survived} survived (${duration((performance.now() - started) / 1000)})`);
  });

  console.log();
  const rows = names.map((name) => row(verdicts, name));
  console.table(rows);
  const all = rows.reduce((sum, { mutants: count, equivalent }) => sum + count - equivalent, 0);
  const found = rows.reduce((sum, { noticed: count }) => sum + count, 0);
  const report = relative(PROJECT, join(builds.directory, 'report.txt'));
  writeFileSync(join(PROJECT, report), verdicts.map(({ mutant, by }) => `${by || 'SURVIVED'} | ${told(mutant)}\n`).sort().join(''));
  console.log(`${found} of ${all} mutants were noticed: ${((100 * found) / all).toFixed(1)} %. What noticed each is in ${report}.`);
  console.log(`All of it took ${duration((performance.now() - started) / 1000)}.`);
  if (found < all) process.exitCode = 1;
});
