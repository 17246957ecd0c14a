/** What WorkOS tells: from its emulator, from nobody, too late, and twice. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ask } from '../support/http.js';
import { Browser } from '../support/human.js';
import { Machine } from '../support/machine.js';
import { until } from '../support/until.js';
import { startWorker } from '../support/worker.js';

const machine = new Machine();
before(() => machine.start());
after(() => machine.stop());

/** @param {string} who */
const idOf = (who) => machine.workos.users.find(({ email }) => email === who)?.id ?? '';

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
async function workos(path, init) {
  const headers = { authorization: `Bearer ${machine.workos.apiKey}`, 'content-type': 'application/json' };
  const reply = await fetch(machine.workos.url + path, { ...init, headers });
  assert.ok(reply.ok, `${path} ${reply.status}`);
  const text = await reply.text();
  return text ? JSON.parse(text) : undefined;
}

/** The sessions that AuthKit has of somebody. @param {string} who @returns {Promise<string[]>} */
const sessionsOf = async (who) => (await workos(`/user_management/users/${idOf(who)}/sessions`)).data.map((/** @type {any} */ { id }) => id);

/** Signs in to the authority page. @param {string} who */
async function visitor(who) {
  const browser = new Browser();
  const earlier = await sessionsOf(who);
  let page = await browser.open(`${machine.url}/authority/sign-in`);
  while (page.status === 302 || page.status === 303) {
    page = await browser.open(new URL(page.response.headers.get('Location') ?? '', page.url).href);
    const link = page.links.find(({ href }) => new URL(href).searchParams.get('login_hint') === who);
    if (link) page = await browser.open(link.href);
  }
  assert.equal(page.status, 200, page.text);
  const [session] = (await sessionsOf(who)).filter((id) => !earlier.includes(id));
  assert.ok(session);
  return { session, isSignedIn: async () => (await browser.open(`${machine.url}/authority`)).status === 200 };
}

/**
 * An event as WorkOS sends it. @param {object} event
 * @param {{ secret?: string, time?: number, header?: string }} [signed]
 */
function tell(event, { secret = machine.workos.webhookSecret, time = Date.now(), header } = {}) {
  const body = JSON.stringify(event);
  const digest = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  return ask(`${machine.url}/webhooks/workos`, { body, headers: { 'WorkOS-Signature': header ?? `t=${time}, v1=${digest}` } });
}

let events = 0;
/** @param {string} session @param {string} who */
const revoked = (session, who = 'ada@example.com') => ({
  id: `event_${++events}`,
  event: 'session.revoked',
  data: { object: 'session', id: session, user_id: idOf(who) },
  created_at: new Date().toISOString(),
});

describe('from the emulator of WorkOS', () => {
  test('a session of AuthKit that is revoked ends the page sessions that began in it, and no deputy', async () => {
    const deputy = await machine.appoint();
    const [first, second] = [await visitor('ada@example.com'), await visitor('ada@example.com')];
    await workos('/user_management/sessions/revoke', { method: 'POST', body: JSON.stringify({ session_id: first.session }) });
    await until('the end of the session', async () => !(await first.isSignedIn()));
    assert.ok(await second.isSignedIn());
    assert.equal((await deputy.mcp.modern('server/discover')).status, 200);
  });

  test('a person who is deleted has no deputies and no sessions any more', async () => {
    const choices = { person: 'alan@example.com' };
    const [deputy, other] = [await machine.appoint({ choices }), await machine.appoint()];
    const page = await visitor('alan@example.com');
    await workos(`/user_management/users/${idOf('alan@example.com')}`, { method: 'DELETE' });
    await until('the end of the deputy', async () => (await deputy.mcp.modern('server/discover')).status === 401);
    assert.equal(await page.isSignedIn(), false);
    assert.equal((await deputy.client.refresh(deputy.refreshToken)).status, 400);
    assert.equal((await other.mcp.modern('server/discover')).status, 200);
  });
});

describe('from whoever', () => {
  test('nothing is believed that is not signed, or was signed at another time', async () => {
    const page = await visitor('ada@example.com');
    const event = revoked(page.session);
    const old = Date.now() - 3 * 60_000 - 1000;
    assert.equal((await tell(event, { secret: 'another' })).status, 401);
    assert.equal((await tell(event, { time: old })).status, 401);
    assert.equal((await tell(event, { time: Date.now() + 4 * 60_000 })).status, 401);
    assert.equal((await tell(event, { time: Math.floor(Date.now() / 1000) })).status, 401, 'a time in seconds is long ago');
    assert.equal((await tell(event, { header: '' })).status, 400);
    assert.equal((await tell(event, { header: `t=${Date.now()},v1=${'0'.repeat(64)}` })).status, 401);
    assert.ok(await page.isSignedIn());
    assert.equal((await tell(event)).status, 200);
    assert.equal(await page.isSignedIn(), false, 'it is done when it is answered');
  });

  test('an event counts once', async () => {
    const event = revoked('session_x');
    const before = machine.rows('webhook_events');
    for (let times = 0; times < 3; times++) assert.equal((await tell(event)).status, 200);
    assert.equal(machine.rows('webhook_events'), before + 1);
    const page = await visitor('ada@example.com');
    assert.equal((await tell({ ...event, data: { ...event.data, id: page.session } })).status, 200);
    assert.ok(await page.isSignedIn(), 'an id that was told before says nothing new');
  });

  test('what means nothing here, or is about nobody, is taken and leaves no object behind', async () => {
    const objects = machine.objects.length;
    for (const event of [{ ...revoked('session_x'), event: 'session.created' }, { id: 'event_x', event: 'user.updated', data: {} }, {}, { ...revoked(''), data: {} }]) {
      assert.equal((await tell(event)).status, 200);
    }
    assert.equal(machine.objects.length, objects);
  });

  test('a body that is too large is refused', async () => {
    const chunk = 'x'.repeat(256 * 1024 + 1);
    assert.equal((await ask(`${machine.url}/webhooks/workos`, { body: chunk })).status, 413);
    assert.equal((await ask(`${machine.url}/webhooks/workos`, { chunks: [chunk] })).status, 413);
    assert.equal((await ask(`${machine.url}/webhooks/workos`)).status, 405);
  });
});

test('without a secret there is no such address', async () => {
  const stack = await startWorker({ workos: machine.workos, vars: { WORKOS_WEBHOOK_SECRET: '' } });
  try {
    assert.equal((await ask(`${stack.url}/webhooks/workos`, { body: '{}' })).status, 404);
  } finally {
    await stack.stop();
    machine.workos.tell(`${machine.url}/webhooks/workos`);
  }
});
