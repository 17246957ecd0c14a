/**
 * A hostile neighbour, a process of its own: one person with a valid token who sends huge bodies, slow bodies, floods of
 * calls and registrations, whenever soak.js says so. It counts what it is answered.
 */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../support/http.js';
import { Endpoint } from '../../support/mcp.js';

const [url, token] = process.argv.slice(2);
const HUGE = 8 * 1024 * 1024;
const FLOODING = 8;
const SLOW = 50;

let on = false;
/** @type {Record<string, number>} */
let answers = {};
/** @param {string} what @param {string | number} how */
const count = (what, how) => void (answers[`${what}: ${how}`] = (answers[`${what}: ${how}`] ?? 0) + 1);

const mcp = new Endpoint(`${url}/mcp`, token);
const huge = Buffer.alloc(HUGE, ' ');

/** @type {Record<string, () => Promise<number>>} each asks once and gives the status */
const ATTACKS = {
  'huge body': async () => (await mcp.post(huge)).status,
  'huge body of no announced length': async () =>
    (await mcp.ask({ method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' }, chunks: [huge] })).status,
  flood: async () => (await mcp.modern('tools/list')).status,
  registration: async () =>
    (await ask(`${url}/register`, {
      headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': '192.0.2.1' },
      body: JSON.stringify({ client_name: 'Again', redirect_uris: ['http://127.0.0.1:9/'], token_endpoint_auth_method: 'none' }),
    })).status,
  'slow body': slow,
};

/** A body that comes a byte a second. @returns {Promise<number>} */
function slow() {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/mcp`, { agent: false, method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Content-Length': 100_000 } }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
      clearInterval(drip);
      outgoing.destroy();
    });
    const drip = setInterval(() => {
      if (on) return outgoing.write(' ');
      clearInterval(drip);
      outgoing.destroy();
      resolve(0); // it gave up
    }, 1000);
    outgoing.on('error', (error) => {
      clearInterval(drip);
      reject(error);
    });
  });
}

/** @param {string} what @param {number} pause */
async function forever(what, pause) {
  for (;;) {
    if (!on) await sleep(100);
    else {
      await ATTACKS[what]().then(
        (status) => count(what, status || 'unanswered when the attack ended'),
        (error) => count(what, error.code ?? error.name),
      );
      await sleep(pause);
    }
  }
}

process.on('message', (/** @type {{ on: boolean }} */ message) => {
  if (on && !message.on) {
    process.send?.(answers);
    answers = {};
  }
  on = message.on;
});
process.once('disconnect', () => process.exit());

for (let each = 0; each < FLOODING; each++) void forever('flood', 0);
for (let each = 0; each < SLOW; each++) void forever('slow body', 0);
void forever('huge body', 100);
void forever('huge body of no announced length', 100);
void forever('registration', 50); // a thousand in less than a minute
