/** `pnpm bench`: measurements of the running server and of the core alone. They print figures; what they find wrong is a failure. */
import { parseArgs } from 'node:util';
import * as growth from '../tests/bench/growth.js';
import * as kill from '../tests/bench/kill.js';
import * as micro from '../tests/bench/micro.js';
import * as peers from '../tests/bench/peers.js';
import * as revocation from '../tests/bench/revocation.js';
import * as soak from '../tests/bench/soak.js';
import { buildWasm } from './build.js';
import { Failure, program } from './run.js';
import { setup } from './setup.js';

/**
 * One measurement: `about` in a line, `help` in full, its options as `parseArgs` takes them.
 * @typedef {{
 *   about: string,
 *   help: string,
 *   options: import('node:util').ParseArgsOptionsConfig,
 *   run: (values: any) => Promise<void>,
 * }} Measurement
 */

/** @type {Record<string, Measurement>} */
const MEASUREMENTS = { peers, micro, growth, kill, revocation, soak };
/** What runs when none is named. */
const USUAL = 'peers';

const HELP = `pnpm bench [NAME] [options]

${Object.entries(MEASUREMENTS).map(([name, { about }]) => `  ${name.padEnd(11)} ${about}`).join('\n')}

Without a name it is ${USUAL}.

  --help      this text; after a name, the options of that measurement`;

await program(import.meta.url, async () => {
  const given = process.argv.slice(2);
  if (given[0] === '--help' || given[0] === '-h') return console.log(HELP);
  const [name, ...parameters] = given[0]?.startsWith('-') === false ? given : [USUAL, ...given];
  const measurement = MEASUREMENTS[name];
  if (!measurement) throw new Failure(`There is no measurement named ${name}.\n\n${HELP}`);
  const options = { ...measurement.options, help: /** @type {const} */ ({ type: 'boolean', short: 'h' }) };
  const { values } = parseArgs({ args: parameters, options });
  if (values.help) return console.log(`pnpm bench ${name} [options]\n\n${measurement.help}\n  --help            this text`);
  await setup({ for: 'bench' });
  await buildWasm();
  await measurement.run(values);
});
