/** The to-do list when something goes wrong: at the issuer, at the API, on the way, in the middle, and all at once. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { ask } from '../support/http.js';
import { textOf } from '../support/mcp.js';
import { TodoMachine } from '../support/todo-machine.js';
import { until } from '../support/until.js';

const TOKEN_ENDPOINT = '/as/token.oauth2';

const machine = new TodoMachine({ people: 80 });
before(() => machine.start());
afterEach(() => {
  assert.equal(machine.api.mend(), 0, 'every failure of the API happened');
});
after(() => machine.stop());

/** @param {import('../support/mcp.js').ToolResult} result @returns {string[]} the texts of the list; it must be one */
function texts(result) {
  assert.ok(!result.isError, textOf(result));
  return JSON.parse(textOf(result)).todos.map((/** @type {any} */ { text }) => text);
}

/** What a tool said that must have failed. @param {import('../support/mcp.js').ToolResult} result */
function failure(result) {
  assert.ok(result.isError, textOf(result));
  return textOf(result);
}

/** The list as it really is: from the API, with a token of its own. @param {string} sub */
async function list(sub) {
  const token = await machine.issuer.issueToken({ sub, audience: machine.api.url, scope: 'todo_api:read' });
  const answer = await ask(`${machine.api.target}/api/todos`, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.todos;
}

/** A token as a good exchange would give it for reading, but for what is named. @param {string} sub @param {import('../../dev/issuer.js').TokenWish & import('../../dev/issuer/keys.js').Signature} [wish] */
function exchangedToken(sub, { claims, ...wish } = {}) {
  const { issuer, api } = machine;
  return issuer.issueToken({ sub, audience: api.url, scope: 'todo_api:read', clientId: issuer.clientId, expiresIn: 300, claims: { act: { sub: issuer.clientId }, ...claims }, ...wish });
}

/** What the token endpoint answers with such a token. @param {string} token */
const answerWith = (token) => ({ access_token: token, issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer', expires_in: 300 });

describe('the exchange of a token', () => {
  /** @type {[string, import('../../dev/issuer.js').Failure, RegExp][]} */
  const refusals = [
    ['is refused', { status: 400, body: { error: 'invalid_grant' } }, /did not exchange it.*400.*invalid_grant/],
    ['is not for this server', { status: 401, body: { error: 'invalid_client' } }, /did not exchange it.*401.*invalid_client/],
    ['is forbidden', { status: 403, body: 'no' }, /did not exchange it.*403/],
    ['has too many', { status: 429, body: { error: 'slow_down' } }, /429/],
    ['gives no JSON', { status: 200, body: '<html>' }, /not used/],
    ['gives an empty object', { status: 200, body: {} }, /not used/],
    ['gives a token that is no JWT', { status: 200, body: { access_token: 'opaque', token_type: 'Bearer' } }, /not used/],
    ['gives a token that says nothing', { status: 200, body: { access_token: 'e30.e30.e30', token_type: 'Bearer' } }, /not used/],
  ];
  for (const [what, failing, expected] of refusals) {
    test(`${what}: the tool says so, nothing reaches the API, and the next call works`, async () => {
      const { sub, mcp } = await machine.appoint();
      machine.issuer.failNext(TOKEN_ENDPOINT, failing);
      assert.match(failure(await mcp.call('get_my_todo_list')), expected);
      assert.equal(machine.exchangesOf(sub).length, 1, 'it is not tried again');
      assert.equal(machine.requestsOf(sub).length, 0);
      assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
    });
  }

  test('fails once at the issuer, and is tried again', async () => {
    const { sub, mcp } = await machine.appoint();
    machine.issuer.failNext(TOKEN_ENDPOINT, { status: 503 });
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
    assert.deepEqual(machine.exchangesOf(sub).map(({ status }) => status), [503, 200]);
  });

  test('fails for good at the issuer, and says so', async () => {
    const { sub, mcp } = await machine.appoint();
    machine.issuer.failNext(TOKEN_ENDPOINT, { status: 500 }, 2);
    assert.match(failure(await mcp.call('get_my_todo_list')), /500.*Try again later/);
    assert.equal(machine.exchangesOf(sub).length, 2);
    assert.equal(machine.requestsOf(sub).length, 0);
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
  });

  test('has no answer from the issuer', async () => {
    const { sub, mcp } = await machine.appoint();
    machine.issuer.failNext(TOKEN_ENDPOINT, { timeout: true }, 2);
    assert.match(failure(await mcp.call('get_my_todo_list')), /did not answer.*Try again later/);
    assert.equal(machine.requestsOf(sub).length, 0);
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
  });

  test('gives a token that is wrong in any one way: it is not used', async () => {
    const { sub, mcp } = await machine.appoint();
    const { issuer, api } = machine;
    /** @type {[string, string][]} */
    const wrong = [
      ['another person', await exchangedToken('grace')],
      ['nobody', await exchangedToken(sub, { claims: { sub: undefined } })],
      ["the MCP server's audience", await exchangedToken(sub, { audience: machine.endpoint })],
      ['the API and somebody else', await exchangedToken(sub, { audience: [api.url, 'https://elsewhere.example'] })],
      ['no audience', await exchangedToken(sub, { claims: { aud: undefined } })],
      ['the API with a slash', await exchangedToken(sub, { audience: `${api.url}/` })],
      ['no actor', await exchangedToken(sub, { claims: { act: undefined } })],
      ['another actor', await exchangedToken(sub, { claims: { act: { sub: 'somebody-else' } } })],
      ['an actor without a name', await exchangedToken(sub, { claims: { act: {} } })],
      ['more scopes', await exchangedToken(sub, { scope: 'todo_api:read todo_api:write' })],
      ['another scope', await exchangedToken(sub, { scope: 'todo_api:write' })],
      ['another issuer', await exchangedToken(sub, { issuer: 'https://elsewhere.example' })],
      ['no end', await exchangedToken(sub, { claims: { exp: undefined } })],
      ['over already', await exchangedToken(sub, { expiresIn: -10 })],
    ];
    for (const [what, token] of wrong) {
      issuer.failNext(TOKEN_ENDPOINT, { status: 200, body: answerWith(token) });
      const said = failure(await mcp.call('get_my_todo_list'));
      assert.match(said, /not used|over already/, what);
      assert.ok(!said.includes(token), what);
    }
    assert.deepEqual(api.requests.filter(({ claims }) => claims?.sub === sub || claims?.sub === 'grace'), []);
    assert.equal(machine.exchangesOf(sub).length, wrong.length, 'each was asked for once');

    issuer.failNext(TOKEN_ENDPOINT, { status: 200, body: answerWith(await exchangedToken(sub)) });
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), [], 'and a good one is used');
  });

  test('gives a token that somebody else signed: the API refuses it, and another is asked for once', async () => {
    const { sub, mcp } = await machine.appoint();
    const forged = await exchangedToken(sub, { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey });
    machine.issuer.failNext(TOKEN_ENDPOINT, { status: 200, body: answerWith(forged) });
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
    assert.deepEqual(machine.requestsOf(sub).map(({ status }) => status), [401, 200]);
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
    assert.equal(machine.exchangesOf(sub).length, 2, 'the good one was kept');
  });

  test('is made anew when the token nears its end, and never kept longer than it lives', async () => {
    const { sub, mcp } = await machine.appoint();
    machine.issuer.failNext(TOKEN_ENDPOINT, { status: 200, body: answerWith(await exchangedToken(sub, { expiresIn: 5 })) });
    const said = failure(await mcp.call('get_my_todo_list'));
    assert.match(said, /over already/, 'five seconds are too few to begin with');
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
    assert.equal(machine.exchangesOf(sub).length, 2, 'the second was kept');
  });
});

describe('the API', () => {
  test('fails once, and is asked again', async () => {
    const { sub, mcp } = await machine.deputize();
    machine.api.failNext({ status: 503 });
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
    machine.api.failNext({ status: 500, body: 'oh' });
    assert.deepEqual(texts(await mcp.call('create_new_todo', { text: 'milk' })), ['milk']);
    assert.deepEqual((await list(sub)).map((/** @type {any} */ { text }) => text), ['milk']);
  });

  test('fails for good, and the tool says with what', async () => {
    const { mcp, sub } = await machine.deputize();
    for (const [status, body, expected] of /** @type {[number, string, RegExp][]} */ ([
      [503, '{"title":"Maintenance","detail":"Back at noon"}', /503: Back at noon/],
      [500, '<html>', /500/],
    ])) {
      machine.api.failNext({ status, body }, 2);
      assert.match(failure(await mcp.call('create_new_todo', { text: 'milk' })), expected);
    }
    for (const [status, body, expected] of /** @type {[number, string, RegExp][]} */ ([
      [400, '{"title":"Bad Request"}', /400: Bad Request/],
      [403, '{}', /403/],
      [418, 'tea', /418/],
      [204, '', /204/],
      [302, '{}', /302/],
    ])) {
      machine.api.failNext({ status, body });
      assert.match(failure(await mcp.call('create_new_todo', { text: 'milk' })), expected);
    }
    for (const body of ['', 'no JSON', '[]', '{"items":[]}', '{"todos":[],"todos":[]}']) {
      machine.api.failNext({ status: 200, body });
      assert.match(failure(await mcp.call('get_my_todo_list')), /no list/, body);
    }
    assert.deepEqual(await list(sub), []);
    assert.deepEqual(texts(await mcp.call('create_new_todo', { text: 'milk' })), ['milk'], 'and what failed has used nothing up');
  });

  test('does not answer', async () => {
    const { mcp, sub } = await machine.deputize();
    machine.api.failNext({ silent: true }, 2);
    assert.match(failure(await mcp.call('create_new_todo', { text: 'milk' })), /did not answer/);
    assert.deepEqual(await list(sub), []);
  });

  test('does it, and its answer is lost: nothing is done twice', async () => {
    const { mcp, sub } = await machine.deputize('all');
    machine.api.failNext({ late: true });
    assert.deepEqual(texts(await mcp.call('create_new_todo', { text: 'milk' })), ['milk']);
    const added = machine.requestsOf(sub).filter(({ method }) => method === 'POST');
    assert.equal(added.length, 2);
    assert.ok(added[0].headers['idempotency-key']);
    assert.equal(added[0].headers['idempotency-key'], added[1].headers['idempotency-key']);

    const [{ id }] = await list(sub);
    machine.api.failNext({ late: true });
    await mcp.call('toggle_todo_status', { todoId: id, completed: true });
    assert.deepEqual(await list(sub), [{ id, text: 'milk', completed: true }]);

    assert.deepEqual(texts(await mcp.call('create_new_todo', { text: 'milk' })), ['milk', 'milk'], 'the same once more is another entry');
  });

  test('deletes, and its answer is lost: the entry is gone, and the tool says so', async () => {
    const { mcp, sub } = await machine.deputize('all');
    await mcp.call('create_new_todo', { text: 'milk' });
    const [{ id }] = await list(sub);
    machine.api.before = (/** @type {import('../support/api-tap.js').ApiRequest} */ { method, claims }) => {
      if (method !== 'GET' || claims?.sub !== sub) return;
      machine.api.before = undefined;
      machine.api.failNext({ late: true }); // what comes next: the deletion
    };
    assert.deepEqual(texts(await mcp.call('delete_todo', { todoId: id })), []);
    const answers = machine.requestsOf(sub).filter(({ method }) => method === 'DELETE').map(({ status }) => status);
    assert.deepEqual(answers, [200, 404], 'it was asked again');
    assert.deepEqual(await list(sub), []);
  });

  test('refuses a token: another one is asked for, once', async () => {
    const { mcp, sub } = await machine.appoint();
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
    machine.api.failNext({ status: 401 });
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
    assert.equal(machine.exchangesOf(sub).length, 2);
    machine.api.failNext({ status: 401 }, 2);
    assert.match(failure(await mcp.call('get_my_todo_list')), /401/);
    assert.deepEqual(texts(await mcp.call('get_my_todo_list')), []);
  });
});

describe('all at once', () => {
  test('100 adds by one deputy: nothing is lost, nothing is doubled', async () => {
    const { mcp, sub } = await machine.deputize('keep', { most: 1000 });
    const wanted = Array.from({ length: 100 }, (_, index) => `entry ${index}`);
    const results = await Promise.all(wanted.map((text) => mcp.call('create_new_todo', { text })));
    for (const result of results) assert.ok(!result.isError, textOf(result));
    const entries = await list(sub);
    assert.deepEqual(entries.map((/** @type {any} */ { text }) => text).sort(), [...wanted].sort());
    assert.equal(new Set(entries.map((/** @type {any} */ { id }) => id)).size, 100);
  });

  test('100 adds against a limit of 10: exactly 10, while every third answer of the API fails', async () => {
    const { mcp, sub } = await machine.deputize('keep', { most: 10 });
    // Calls are limited too: those of this minute are not what is looked at here.
    const { page, grant } = await (async () => {
      const seen = await machine.page(`${sub}@example.com`);
      const [deputy] = (await seen.state()).deputies;
      const limits = [{ measure: 'calls', most: 1000, per: 'minute' }, { measure: 'changes', most: 10, per: 'day' }];
      await seen.do({ do: 'bounds', grant: deputy.grant, bounds: { tools: null, limits, ask_above: [], expires_at: null, until_sign_out: false } });
      return { page: seen, grant: deputy.grant };
    })();
    let count = 0;
    machine.api.before = ({ method, claims }) => {
      if (method === 'POST' && claims?.sub === sub && ++count % 3 === 0) machine.api.failNext({ status: 503 });
    };
    const results = await Promise.all(Array.from({ length: 100 }, (_, index) => mcp.call('create_new_todo', { text: `entry ${index}` })));
    machine.api.before = undefined;
    machine.api.mend();
    const good = results.filter(({ isError }) => !isError).length;
    const entries = await list(sub);
    assert.ok(good <= 10);
    assert.ok(entries.length >= good && entries.length <= 10, `${good} succeeded, ${entries.length} are there`);
    const deputy = (await page.state()).deputies.find((/** @type {any} */ each) => each.grant === grant);
    const used = deputy.use.find((/** @type {any} */ { measure }) => measure === 'changes');
    assert.equal(used.used, good, 'what failed has used nothing up');
    assert.equal(used.reserved, 0);
  });

  test('the power fails: the deputy, its bounds and its list are as they were', async () => {
    const { mcp, sub, page } = await machine.deputize('keep');
    await mcp.call('create_new_todo', { text: 'milk' });
    await machine.crash();
    assert.deepEqual(texts(await mcp.call('create_new_todo', { text: 'bread' })), ['milk', 'bread']);
    const { deputies } = await page.state();
    assert.equal(deputies[0].use.find((/** @type {any} */ { measure }) => measure === 'changes').used, 2);
    assert.equal((await list(sub)).length, 2);
  });
});

// ---- Last, for what is issued before is good no more ----

describe('new keys', () => {
  test('beside the old ones: tokens of both are good, at each hop', async () => {
    const { sub, mcp, person, client } = await machine.deputize();
    await machine.issuer.rotateKeys({ keepOld: true });
    assert.deepEqual(texts(await mcp.call('create_new_todo', { text: 'with the old key' })), ['with the old key']);
    const anew = await machine.appoint({ person, client });
    // A key that is unknown is looked for at most every five seconds.
    await until('the new key is known here', async () => (await anew.mcp.modern('tools/list')).status === 200);
    const [first, second] = [await machine.deputize(), await machine.issuer.issueToken({ sub })];
    await until('the new key is known to the API', async () => !(await first.mcp.call('get_my_todo_list')).isError);
    assert.deepEqual(texts(await first.mcp.call('create_new_todo', { text: 'with the new key' })), ['with the new key']);
    assert.deepEqual(texts(await machine.mcp(second).call('get_my_todo_list')), ['with the old key'], 'the list is the same');
  });

  test('in place of the old ones: what these signed, and was not seen before, is good no more', async () => {
    const { person, client, sub } = await machine.deputize();
    const old = await machine.issuer.issueToken({ sub });
    await machine.issuer.rotateKeys({ keepOld: false });
    const anew = await machine.appoint({ person, client });
    await until('the new key is known here', async () => (await anew.mcp.modern('tools/list')).status === 200);
    assert.equal((await machine.mcp(old).modern('tools/list')).status, 401);
    await until('the new key is known to the API', async () => !(await anew.mcp.call('get_my_todo_list')).isError);
    assert.deepEqual(texts(await anew.mcp.call('create_new_todo', { text: 'after it' })), ['after it']);
  });
});
