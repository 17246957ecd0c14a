/** What a deployment sees of its requests: their lines, their traces, what is counted; and what a rollback finds. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PROJECT } from '../../scripts/run.js';
import { ask } from '../support/http.js';
import { Machine } from '../support/machine.js';
import { message, modernMessage, textOf } from '../support/mcp.js';
import { TodoMachine } from '../support/todo-machine.js';
import { until } from '../support/until.js';

const ORDER = { company: 'Hidden Inc', mailingAddress: '1 Road', tshirtSize: 'M' };

/** A trace that nobody else is in. */
function newTrace() {
  const id = randomBytes(16).toString('hex');
  return { id, traceparent: `00-${id}-${randomBytes(8).toString('hex')}-01` };
}

/** The lines of requests that were printed. @param {{ logs: string }} machine @returns {Record<string, any>[]} */
const linesOf = (machine) =>
  machine.logs.split('\n').flatMap((line) => (line.startsWith('{"event":') ? [JSON.parse(line)] : []));

/** The lines of a trace, once there is one. @param {{ logs: string }} machine @param {string} trace */
async function linesIn(machine, trace) {
  await until('a line of the trace', () => linesOf(machine).some((line) => line.trace === trace));
  return linesOf(machine).filter((line) => line.trace === trace);
}

describe('the line of a request', () => {
  const machine = new Machine({ levers: true });
  /** @type {import('../support/deputy.js').Deputy} */
  let ada;
  before(async () => {
    await machine.start();
    ada = await machine.appoint();
  });
  after(() => machine.stop());

  /** @param {string} name @param {object} [args] */
  async function lineOfCall(name, args = {}) {
    const { id, traceparent } = newTrace();
    await ada.mcp.modern('tools/call', { name, arguments: args }, { traceparent });
    const lines = await linesIn(machine, id);
    assert.equal(lines.length, 1, 'the Worker leaves it to the object');
    return lines[0];
  }

  test('says what was called, what was decided and what it cost, and nothing of its content', async () => {
    const { principal, grant, trace, ms, rows_read, rows_written, ...rest } = await lineOfCall('buyMcpShopItem', ORDER);
    assert.deepEqual(rest, { event: 'request', level: 'info', http: 'POST', route: '/mcp', era: 'modern', method: 'tools/call', tool: 'buyMcpShopItem', decision: 'allow', reason: 'allowed', status: 200 });
    assert.match(principal, /^[\w-]{22}$/);
    assert.ok(ada.accessToken.split(':')[0].startsWith(principal) && ada.accessToken.split(':')[0] !== principal, 'the name without its MAC');
    assert.equal(grant, ada.accessToken.split(':')[1]);
    assert.ok(Number.isInteger(ms) && ms >= 0);
    assert.ok(rows_read > 0 && rows_written > 0, `${rows_read} and ${rows_written} rows`);
    assert.ok(!machine.logs.includes(ORDER.company));
  });

  test('says why a call was refused', async () => {
    await ada.mcp.modern('tools/call', { name: 'setDemoMode', arguments: { mode: 'banned' } });
    const { decision, reason, status } = await lineOfCall('buyMcpShopItem', ORDER);
    assert.deepEqual({ decision, reason, status }, { decision: 'deny', reason: 'paused', status: 200 });
    await ada.mcp.modern('tools/call', { name: 'clearDemoMode' });
  });

  test('is there in the era of sessions too, and for what is no call', async () => {
    const session = await ada.mcp.open();
    for (const [method, params] of /** @type {[string, object][]} */ ([['tools/call', { name: 'listMcpShopInventory' }], ['tools/list', {}], [`made-up-by-${ORDER.company}`, {}]])) {
      const { id, traceparent } = newTrace();
      await session.post(message(method, params), { traceparent });
      const [line] = await linesIn(machine, id);
      assert.equal(line.era, 'legacy');
      assert.equal(line.method, method.startsWith('made-up') ? 'other' : method);
      assert.equal(line.decision, method === 'tools/call' ? 'allow' : undefined);
    }
  });

  test('finds the trace in _meta where the header names none; the header comes first', async () => {
    const [inMeta, inHeader] = [newTrace(), newTrace()];
    await ada.mcp.modern('tools/list', { _meta: { traceparent: inMeta.traceparent } });
    assert.equal((await linesIn(machine, inMeta.id)).length, 1);
    await ada.mcp.modern('tools/list', { _meta: { traceparent: newTrace().traceparent } }, { traceparent: inHeader.traceparent });
    assert.equal((await linesIn(machine, inHeader.id)).length, 1);
  });

  test('comes from the Worker where no object was asked', async () => {
    const { id, traceparent } = newTrace();
    assert.equal((await ask(`${machine.url}/mcp`, { method: 'POST', headers: { traceparent } })).status, 401);
    const [{ status, principal, decision }] = await linesIn(machine, id);
    assert.deepEqual({ status, principal, decision }, { status: 401, principal: undefined, decision: undefined });
  });

  test('says that no request ended before it came, however long its first step waits', async () => {
    await machine.pull({ tick: 50 });
    const { id, traceparent } = newTrace();
    await ask(`${machine.url}/mcp`, { method: 'POST', headers: { traceparent } });
    await machine.pull({ tick: 0, clock: 0 });
    const [{ ms }] = await linesIn(machine, id);
    assert.ok(ms >= 50, `${ms} ms`);
  });

  test('is an error where a step failed, and says in which request', async () => {
    await machine.pull({ trapOn: ['order:user_'] });
    const { id, traceparent } = newTrace();
    assert.equal((await ada.mcp.modern('tools/call', { name: 'buyMcpShopItem', arguments: ORDER }, { traceparent })).status, 500);
    await machine.pull({ trapOn: [] });
    const [{ level, status, route }] = await linesIn(machine, id);
    assert.deepEqual({ level, status, route }, { level: 'error', status: 500, route: '/mcp' });
  });

  test('is not there for /healthz', async () => {
    const { id, traceparent } = newTrace();
    assert.equal((await ask(`${machine.url}/healthz`, { headers: { traceparent } })).status, 200);
    await lineOfCall('listMcpShopInventory');
    assert.ok(!linesOf(machine).some(({ trace }) => trace === id));
  });

  test('each call of a tool is counted once, and the point leads to nobody', async () => {
    const points = (await machine.pull({ points: [] })).points.length;
    assert.equal(points, 0);
    await ada.mcp.modern('tools/call', { name: 'listMcpShopInventory' });
    await ada.mcp.modern('tools/list');
    const [point, ...more] = (await machine.pull({})).points;
    assert.deepEqual(more, []);
    assert.deepEqual(point.indexes, ['listMcpShopInventory']);
    assert.deepEqual(point.blobs, ['modern', 'tools/call', 'listMcpShopInventory', 'allow', 'allowed']);
    assert.equal(point.doubles.length, 3);
    assert.ok(point.doubles[1] > 0 && point.doubles[2] > 0);
  });
});

describe('LOG_REQUESTS', () => {
  const machine = new Machine({ levers: true, vars: { LOG_REQUESTS: 'errors' } });
  before(() => machine.start());
  after(() => machine.stop());

  test('"errors" leaves out what went well, and "off" all of it', async () => {
    const ada = await machine.appoint();
    await machine.pull({ trapOn: ['order:user_'] });
    const { id, traceparent } = newTrace();
    await ada.mcp.modern('tools/call', { name: 'buyMcpShopItem', arguments: ORDER }, { traceparent });
    await linesIn(machine, id);
    assert.deepEqual(linesOf(machine).map(({ status }) => status), [500]);

    await machine.crash();
    await machine.start({ LOG_REQUESTS: 'off' });
    await machine.pull({ trapOn: ['order:user_'] });
    const failed = machine.logs.split('a step failed and was rolled back').length;
    assert.equal((await ada.mcp.modern('tools/call', { name: 'buyMcpShopItem', arguments: ORDER })).status, 500);
    await until('what the failure prints', () => machine.logs.split('a step failed and was rolled back').length > failed);
    assert.equal(linesOf(machine).length, 1, 'the one from before');
  });
});

test('a data set that is bound as wrangler.toml shows it takes its points', async () => {
  const project = mkdtempSync(join(tmpdir(), 'mcp-deputy-project-'));
  const toml = readFileSync(join(PROJECT, 'wrangler.toml'), 'utf8')
    .replaceAll(/^main = "(.*)"$/gm, (_, main) => `main = ${JSON.stringify(resolve(PROJECT, main))}`)
    .replace(/^# (\[\[analytics_engine_datasets\]\]\n)# (.*\n)# (.*\n)/m, '$1$2$3');
  assert.match(toml, /^\[\[analytics_engine_datasets\]\]\nbinding = "ANALYTICS"\n/m);
  writeFileSync(join(project, 'wrangler.toml'), toml);
  const machine = new Machine({ project });
  try {
    await machine.start();
    const { mcp } = await machine.appoint();
    const { id, traceparent } = newTrace();
    assert.equal((await mcp.modern('tools/call', { name: 'listMcpShopInventory' }, { traceparent })).status, 200);
    await linesIn(machine, id);
    assert.doesNotMatch(machine.logs, /Error/);
  } finally {
    await machine.stop();
    rmSync(project, { recursive: true });
  }
});

test('a call and all that is fetched for it are one trace, and nothing else of the client goes on', async () => {
  const todo = new TodoMachine();
  try {
    await todo.start();
    const { mcp } = await todo.deputize('all', { person: 'ada@example.com' });
    const { id, traceparent } = newTrace();
    const headers = { traceparent, tracestate: 'rojo=00f067aa0ba902b7', baggage: 'user=ada', 'X-Client': 'ada' };
    todo.api.requests.length = 0;
    await mcp.modern('tools/call', { name: 'get_my_todo_list' }, headers);
    const [request] = todo.api.requests;
    assert.match(String(request.headers.traceparent), new RegExp(`^00-${id}-[0-9a-f]{16}-01$`));
    assert.notEqual(request.headers.traceparent, traceparent, 'the parent is ours');
    assert.equal(request.headers.tracestate, headers.tracestate);
    assert.equal(request.headers.baggage, undefined);
    assert.equal(request.headers['x-client'], undefined);
    // The server's line, and that of the API behind it, which is asked in the same trace.
    const routes = () => linesOf(todo).flatMap(({ trace, route }) => (trace === id ? [route] : []));
    await until('both lines', () => routes().length >= 2);
    assert.deepEqual(routes().sort(), ['/api', '/mcp']);

    todo.api.requests.length = 0;
    await mcp.modern('tools/call', { name: 'get_my_todo_list' }, { traceparent: `00-${id}-0000000000000000-01` });
    const begun = String(todo.api.requests[0].headers.traceparent);
    assert.match(begun, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    assert.ok(!begun.includes(id), 'what is invalid is no trace');
    assert.ok((await linesIn(todo, begun.split('-')[1])).some(({ tool }) => tool === 'get_my_todo_list'));
  } finally {
    await todo.stop();
  }
});

describe('a machine that is started anew', () => {
  const machine = new Machine();
  before(() => machine.start());
  after(() => machine.stop());

  test('a client that leaves in the middle of its request is no error', async () => {
    const { mcp } = await machine.appoint();
    const { hostname, port } = new URL(machine.url);
    const whole = JSON.stringify(modernMessage('tools/list'));
    for (const [path, type] of [['/mcp', 'application/json'], ['/token', 'application/x-www-form-urlencoded'], ['/register', 'application/json']]) {
      const head = [`POST ${path} HTTP/1.1`, `Host: ${new URL(machine.url).host}`, `Authorization: Bearer ${mcp.token}`, `Content-Type: ${type}`, `Content-Length: ${whole.length}`, '', ''];
      await new Promise((resolve) => {
        const socket = connect(Number(port), hostname, () => {
          // Far enough for the object to wait for the rest.
          socket.write(head.join('\r\n') + whole.slice(0, 20), () => setTimeout(() => socket.destroy(), 300));
        });
        socket.on('close', resolve);
      });
    }
    const { id, traceparent } = newTrace();
    await mcp.modern('tools/list', {}, { traceparent });
    await linesIn(machine, id);
    assert.doesNotMatch(machine.logs, /connection lost|(step|effect) failed/i);
    assert.ok(!linesOf(machine).some(({ level }) => level === 'error'));
  });

  test('older code works with newer tables and leaves them alone, or says that it cannot', async () => {
    const { mcp } = await machine.appoint();
    const inventory = async () => textOf((await mcp.modern('tools/call', { name: 'listMcpShopInventory' })).json.result);
    const shown = await inventory();
    await machine.crash();
    machine.alter("UPDATE settings SET value = '99' WHERE name = 'authority_schema'");
    const byAnother = () => machine.alter("UPDATE settings SET value = 'the hash of a newer module' WHERE name = 'tables_by'");
    byAnother();
    await machine.start();
    assert.equal(await inventory(), shown);
    assert.equal(machine.rows("settings WHERE name = 'authority_schema' AND value = '99'"), machine.objects.length);

    await machine.crash();
    machine.alter("INSERT INTO settings (name, value) VALUES ('authority_schema_needs', '99')");
    byAnother();
    await machine.start();
    const refused = await mcp.modern('tools/call', { name: 'listMcpShopInventory' });
    assert.equal(refused.status, 500);
    await until('why', () => machine.logs.includes('"reason":"schema_too_new"') && machine.logs.includes('this object cannot start: its log line says why'));

    await machine.crash();
    machine.alter("DELETE FROM settings WHERE name = 'authority_schema_needs'");
    await machine.start();
    assert.equal(await inventory(), shown);
  });
});
