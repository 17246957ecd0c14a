/** MCP on the wire: both eras on one endpoint, sessions, headers, and everything that a body can have wrong with it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask } from '../support/http.js';
import { Machine } from '../support/machine.js';
import { Endpoint, LEGACY, META, MODERN, codeOf, message, modernHeaders, modernMessage, notification, resultOf, textOf } from '../support/mcp.js';

const TOOLS = ['listMcpShopInventory', 'buyMcpShopItem', 'listMcpShopOrders', 'getUserInfo', 'setDemoMode', 'clearDemoMode', 'prettyPlease'];
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const HEADER_MISMATCH = -32020;
const UNSUPPORTED_VERSION = -32022;

const machine = new Machine({ vars: { ALLOWED_ORIGINS: 'https://playground.example' } });
/** @type {import('../support/deputy.js').Deputy} */
let ada;
/** Ada too, by another client. @type {import('../support/deputy.js').Deputy} */
let adasOther;
/** @type {import('../support/deputy.js').Deputy} */
let alan;

before(async () => {
  await machine.start();
  ada = await machine.appoint();
  adasOther = await machine.appoint();
  alan = await machine.appoint({ choices: { person: 'alan@example.com' } });
});
after(() => machine.stop());

/** What the shop can do. @param {string} revision */
const capabilitiesIn = (revision) => ({
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  logging: {},
  ...(revision >= '2025-03-26' && { completions: {} }),
});

/** A JSON text whose arrays are nested this deep. @param {number} depth */
const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);

describe('the eras up to 2025-11-25', () => {
  for (const revision of LEGACY) {
    test(`${revision}: initialize, list, call, ping, end`, async () => {
      const opened = await ada.mcp.initialize(revision);
      assert.equal(opened.status, 200);
      assert.equal(opened.header('Content-Type'), 'application/json');
      const hello = opened.json.result;
      assert.equal(hello.protocolVersion, revision);
      assert.deepEqual(hello.capabilities, capabilitiesIn(revision));
      assert.equal(hello.serverInfo.name, 'mcp-shop');
      assert.equal('icons' in hello.serverInfo, revision >= '2025-11-25');
      assert.equal(hello.serverInfo.title, revision >= '2025-06-18' ? 'MCP Shop on Cloudflare' : undefined);
      assert.ok(hello.instructions.length > 0);
      const id = opened.header('Mcp-Session-Id') ?? '';
      assert.match(id, /^[\x21-\x7e]{22,}$/);

      const session = ada.mcp.session(id, revision);
      const initialized = await session.post(notification('notifications/initialized'));
      assert.equal(initialized.status, 202);
      assert.equal(initialized.text, '');

      const { tools } = resultOf(await session.request('tools/list'));
      assert.deepEqual(tools.map((/** @type {any} */ tool) => tool.name), TOOLS);
      for (const tool of tools) {
        assert.equal(tool.inputSchema.type, 'object');
        assert.ok(tool.description);
        assert.equal('annotations' in tool, revision >= '2025-03-26', `annotations of ${tool.name}`);
        assert.equal('title' in tool, revision >= '2025-06-18', `title of ${tool.name}`);
      }
      assert.equal('icons' in tools[0], revision >= '2025-11-25');
      assert.equal('outputSchema' in tools[0], revision >= '2025-06-18');

      const called = await session.call('listMcpShopInventory', {});
      assert.equal(JSON.parse(textOf(called)).title, 'mcp.shop inventory');
      assert.equal('structuredContent' in called, revision >= '2025-06-18');
      assert.ok(!('resultType' in called), 'this belongs to 2026-07-28');
      assert.deepEqual(Object.keys(/** @type {any} */ (called)._meta), ['mcp.shop/receipt']);

      assert.deepEqual(resultOf(await session.request('ping')), {});
      assert.equal((await session.end()).status, 200);
      assert.equal((await session.request('ping')).status, 404);
    });
  }

  for (const asked of ['2026-07-28', '2024-10-07', '1999-01-01', 'whatever']) {
    test(`initialize with ${asked} is answered with the newest revision that has initialize`, async () => {
      assert.equal(resultOf(await ada.mcp.initialize(asked)).protocolVersion, '2025-11-25');
    });
  }

  test('initialize that says too little is refused', async () => {
    for (const params of [undefined, {}, { protocolVersion: 7 }, { protocolVersion: '2025-11-25', capabilities: {} }]) {
      const answer = await ada.mcp.post(message('initialize', params));
      assert.equal(codeOf(answer), INVALID_PARAMS);
      assert.equal(answer.header('Mcp-Session-Id'), null);
    }
  });

  test('a request with neither session nor initialize is refused', async () => {
    const answer = await ada.mcp.post(message('tools/list'));
    assert.equal(answer.status, 400);
    assert.equal(codeOf(answer), INVALID_REQUEST);
  });

  test('a revision that is none, named in a session, is refused', async () => {
    const session = await ada.mcp.open('2025-06-18');
    const answer = await session.post(message('ping'), { 'MCP-Protocol-Version': '1999-01-01' });
    assert.equal(answer.status, 400);
    assert.equal(codeOf(answer), INVALID_REQUEST);
    assert.equal((await session.post(message('ping'), { 'MCP-Protocol-Version': undefined })).status, 200);
  });

  test('cancelling, progress and answers to requests that were never made are taken and not answered', async () => {
    const session = await ada.mcp.open();
    const posted = [
      notification('notifications/cancelled', { requestId: 1 }),
      notification('notifications/progress', { progressToken: 0, progress: 1 }),
      notification('notifications/roots/list_changed'),
      { jsonrpc: '2.0', id: 9, result: {} },
      { jsonrpc: '2.0', id: 9, error: { code: -1, message: 'no' } },
    ];
    for (const body of posted) {
      const answer = await session.post(body);
      assert.equal(answer.status, 202);
      assert.equal(answer.text, '');
    }
  });

  test('an unknown method, a tool that there is not and a cursor that nobody gave are errors', async () => {
    const session = await ada.mcp.open();
    assert.equal(codeOf(await session.request('nothing/like/it')), METHOD_NOT_FOUND);
    assert.equal(codeOf(await session.request('tools/call', { name: 'buyEverything', arguments: {} })), INVALID_PARAMS);
    assert.equal(codeOf(await session.request('tools/call', {})), INVALID_PARAMS);
    assert.equal(codeOf(await session.request('tools/call', { name: 'prettyPlease', arguments: [] })), INVALID_PARAMS);
    assert.equal(codeOf(await session.request('tools/list', { cursor: 'x' })), INVALID_PARAMS);
  });

  test('an answer has the id of its request, be it a number or a text', async () => {
    const session = await ada.mcp.open();
    for (const id of [0, 7, -1, 9007199254740991, '', 'seven', '7', 'sn\u2603w"\\']) {
      assert.deepEqual((await session.post({ jsonrpc: '2.0', id, method: 'ping' })).json.id, id);
    }
  });

  test('a client that takes neither JSON nor a stream gets 406; one that takes only a stream gets one', async () => {
    const session = await ada.mcp.open();
    assert.equal((await session.post(message('ping'), { Accept: 'text/html' })).status, 406);
    assert.equal((await session.post(message('ping'), { Accept: 'application/json;q=0' })).status, 406);
    assert.equal((await session.post(message('ping'), { Accept: undefined })).status, 200);
    const request = message('ping');
    const stream = await session.post(request, { Accept: 'text/event-stream' });
    assert.equal(stream.header('Content-Type'), 'text/event-stream');
    assert.equal(stream.text, `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: request.id, result: {} })}\n\n`);
  });
});

describe('sessions', () => {
  test('each is another one', async () => {
    const ids = await Promise.all([1, 2, 3, 4].map(async () => (await ada.mcp.open()).id));
    assert.equal(new Set(ids).size, ids.length);
  });

  test('a session is of use to nobody but the client that opened it', async () => {
    const session = await ada.mcp.open();
    const strangers = { 'another client of the same person': adasOther, 'another person': alan };
    for (const [who, stranger] of Object.entries(strangers)) {
      const stolen = stranger.mcp.session(session.id);
      for (const answer of [await stolen.request('ping'), await stolen.request('tools/call', { name: 'listMcpShopOrders' })]) {
        assert.equal(answer.status, 404, who);
        assert.equal(codeOf(answer), INVALID_REQUEST);
      }
      assert.equal((await stolen.end()).status, 404, `${who} cannot end it`);
    }
    const nobody = new Endpoint(ada.mcp.url).session(session.id);
    assert.equal((await nobody.request('ping')).status, 401, 'a session id is no authentication');
    assert.equal((await session.request('ping')).status, 200, 'it still stands');
  });

  test('an id that nobody was given leads nowhere', async () => {
    for (const id of ['x', '0', "' OR 1=1 --", 'A'.repeat(43)]) {
      assert.equal((await ada.mcp.session(id).request('ping')).status, 404);
    }
    assert.equal((await ada.mcp.ask({ method: 'DELETE' })).status, 400, 'DELETE without an id');
  });

  test('two sessions of one client are independent', async () => {
    const [first, second] = [await ada.mcp.open(), await ada.mcp.open()];
    assert.equal((await first.end()).status, 200);
    assert.equal((await first.end()).status, 404);
    assert.equal((await second.request('ping')).status, 200);
  });

  test('a session outlives the object that keeps it', async () => {
    const session = await ada.mcp.open('2025-03-26');
    const ended = await ada.mcp.open();
    await ended.end();
    await machine.crash();
    await machine.start();
    assert.equal(JSON.parse(textOf(await session.call('listMcpShopInventory'))).title, 'mcp.shop inventory');
    assert.equal((await ended.request('ping')).status, 404, 'an ended one stays ended');
  });
});

describe('batches', () => {
  test('2025-03-26 has them: an answer for each request, none for a notification', async () => {
    const session = await ada.mcp.open('2025-03-26');
    const requests = [message('ping'), message('tools/call', { name: 'listMcpShopInventory' }), message('no/such/method')];
    const answer = await session.post([requests[0], notification('notifications/cancelled'), requests[1], requests[2]]);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json.map((/** @type {any} */ one) => one.id), requests.map(({ id }) => id));
    assert.deepEqual(answer.json[0].result, {});
    assert.equal(JSON.parse(textOf(answer.json[1].result)).title, 'mcp.shop inventory');
    assert.equal(answer.json[2].error.code, METHOD_NOT_FOUND);
  });

  test('one of notifications alone is taken and not answered', async () => {
    const session = await ada.mcp.open('2025-03-26');
    const answer = await session.post([notification('notifications/initialized'), { jsonrpc: '2.0', id: 1, result: {} }]);
    assert.equal(answer.status, 202);
    assert.equal(answer.text, '');
  });

  test('no other revision has them', async () => {
    for (const revision of ['2025-06-18', '2025-11-25']) {
      const answer = await (await ada.mcp.open(revision)).post([message('ping')]);
      assert.equal(answer.status, 400);
      assert.equal(codeOf(answer), INVALID_REQUEST);
    }
    const modern = modernMessage('server/discover');
    for (const batch of [[modern], [message('ping'), modern]]) {
      const answer = await ada.mcp.post(batch, modernHeaders(modern));
      assert.equal(answer.status, 400);
      assert.equal(codeOf(answer), INVALID_REQUEST);
    }
  });

  test('an empty one, one that is too long, one with initialize and one with something else in it are refused whole', async () => {
    const session = await ada.mcp.open('2025-03-26');
    const buy = message('tools/call', { name: 'buyMcpShopItem', arguments: { company: 'Acme', mailingAddress: '1 Road', tshirtSize: 'M' } });
    const initialize = message('initialize', { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'x', version: '1' } });
    const batches = [[], Array.from({ length: 101 }, () => message('ping')), [buy, initialize], [buy, 7], [buy, []], [buy, { ...message('ping'), id: null }]];
    for (const batch of batches) {
      const answer = await session.post(batch);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(codeOf(answer), INVALID_REQUEST);
    }
    assert.equal(JSON.parse(textOf(await session.call('listMcpShopOrders'))).total, 0, 'nothing of them was done');
    assert.equal((await ada.mcp.post([message('ping')])).status, 400, 'a batch needs a session too');
  });
});

describe(MODERN, () => {
  test('discover, list, call: without a session', async () => {
    const discovered = await ada.mcp.modern('server/discover');
    assert.equal(discovered.header('Mcp-Session-Id'), null);
    const { instructions, _meta, ...rest } = resultOf(discovered);
    assert.deepEqual(rest, { supportedVersions: [MODERN], capabilities: capabilitiesIn(MODERN), resultType: 'complete', ttlMs: 60_000, cacheScope: 'private' });
    assert.ok(instructions.length > 0);
    const { icons, ...server } = _meta[META.server];
    assert.deepEqual(server, { name: 'mcp-shop', title: 'MCP Shop on Cloudflare', version: '1.0.0' });
    assert.match(icons[0].src, /^data:image\/svg\+xml;base64,/);

    const listed = resultOf(await ada.mcp.modern('tools/list'));
    assert.deepEqual(listed.tools.map((/** @type {any} */ tool) => tool.name), TOOLS);
    assert.equal(listed.resultType, 'complete');
    assert.equal(listed.ttlMs, 60_000);
    assert.equal(listed.cacheScope, 'private');
    assert.deepEqual(resultOf(await ada.mcp.modern('tools/list')), listed, 'the order of tools stays');

    const answer = await ada.mcp.modern('tools/call', { name: 'listMcpShopInventory', arguments: {} });
    const called = resultOf(answer);
    assert.equal(called.resultType, 'complete');
    const { 'mcp.shop/receipt': receipt, ...ours } = called._meta;
    assert.match(receipt, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.deepEqual(ours, { [META.server]: server }, 'in brief: the icon is not sent with everything');
    assert.deepEqual(called.structuredContent, JSON.parse(textOf(called)));
    assert.equal(answer.header('Mcp-Session-Id'), null);
  });

  test('a session id and Last-Event-ID are ignored', async () => {
    const answer = await ada.mcp.modern('tools/list', {}, { 'Mcp-Session-Id': 'made-up', 'Last-Event-ID': '7' });
    assert.equal(resultOf(answer).tools.length, TOOLS.length);
    assert.equal(answer.header('Mcp-Session-Id'), null);
  });

  test('notifications are taken and not answered', async () => {
    const cancelled = notification('notifications/cancelled', { requestId: 1 });
    const answer = await ada.mcp.post(cancelled, modernHeaders(cancelled));
    assert.equal(answer.status, 202);
    assert.equal(answer.text, '');
    const mismatch = await ada.mcp.post(cancelled, { ...modernHeaders(cancelled), 'Mcp-Method': 'tools/call' });
    assert.equal(mismatch.status, 400);
    assert.ok(!('id' in mismatch.json));
  });

  for (const method of ['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'tasks/list', 'no/such/method']) {
    test(`${method} is not there: 404`, async () => {
      const request = modernMessage(method);
      const answer = await ada.mcp.post(request, modernHeaders(request));
      assert.equal(answer.status, 404);
      assert.equal(codeOf(answer), METHOD_NOT_FOUND);
      assert.equal(answer.json.id, request.id);
    });
  }

  /** @type {[string, Record<string, any>][]} */
  const metas = [
    ['without client capabilities', { [META.capabilities]: undefined }],
    ['with client capabilities that are no object', { [META.capabilities]: [] }],
    ['with a capability that is no object', { [META.capabilities]: { sampling: true } }],
    ['with a version that is no text', { [META.version]: 20260728 }],
    ['with client info that has no version', { [META.client]: { name: 'x' } }],
    ['with a log level that there is not', { 'io.modelcontextprotocol/logLevel': 'loud' }],
  ];
  for (const [what, _meta] of metas) {
    test(`_meta ${what} is refused`, async () => {
      const answer = await ada.mcp.modern('tools/list', { _meta });
      assert.equal(answer.status, 400);
      assert.equal(codeOf(answer), INVALID_PARAMS);
    });
  }

  test('_meta without a version leaves the header alone to claim this revision: refused', async () => {
    for (const request of [message('tools/list'), message('tools/list', { _meta: { [META.capabilities]: {} } })]) {
      const answer = await ada.mcp.post(request, { 'MCP-Protocol-Version': MODERN, 'Mcp-Method': 'tools/list' });
      assert.equal(answer.status, 400);
      assert.equal(codeOf(answer), INVALID_PARAMS);
      assert.equal(answer.json.id, request.id);
    }
  });

  const call = { name: 'listMcpShopInventory', arguments: {} };
  /** @type {[string, string, object, import('../support/mcp.js').HeaderFields][]} */
  const mismatches = [
    ['no MCP-Protocol-Version', 'tools/list', {}, { 'MCP-Protocol-Version': undefined }],
    ['an MCP-Protocol-Version other than in _meta', 'tools/list', {}, { 'MCP-Protocol-Version': '2025-11-25' }],
    ['one that is not served, other than in _meta', 'tools/list', {}, { 'MCP-Protocol-Version': '2099-01-01' }],
    ['no Mcp-Method', 'tools/list', {}, { 'Mcp-Method': undefined }],
    ['an Mcp-Method other than the method', 'tools/list', {}, { 'Mcp-Method': 'tools/call' }],
    ['an Mcp-Method in other letters', 'tools/list', {}, { 'Mcp-Method': 'Tools/List' }],
    ['no Mcp-Name', 'tools/call', call, { 'Mcp-Name': undefined }],
    ['an Mcp-Name other than the tool', 'tools/call', call, { 'Mcp-Name': 'buyMcpShopItem' }],
    ['an Mcp-Name that is half wrapped: it is meant to the letter', 'tools/call', call, { 'Mcp-Name': '=?base64?bGlzdE1jcFNob3BJbnZlbnRvcnk=' }],
    ['an Mcp-Name wrapped in no base64', 'tools/call', call, { 'Mcp-Name': '=?base64?***?=' }],
    ['an Mcp-Name wrapped in other letters', 'tools/call', call, { 'Mcp-Name': '=?BASE64?bGlzdE1jcFNob3BJbnZlbnRvcnk=?=' }],
    ['no Mcp-Name for a resource', 'resources/read', { uri: 'shop://orders' }, { 'Mcp-Name': undefined }],
    ['an Mcp-Name other than the resource', 'resources/read', { uri: 'shop://orders' }, { 'Mcp-Name': 'shop://inventory' }],
    ['an Mcp-Name other than the prompt', 'prompts/get', { name: 'review_orders' }, { 'Mcp-Name': 'order_tshirt' }],
    ['no Mcp-Name for a task, which this server does not have', 'tasks/get', { taskId: 'x' }, { 'Mcp-Name': undefined }],
  ];
  for (const [what, method, params, headers] of mismatches) {
    test(`${what}: 400, header mismatch`, async () => {
      const answer = await ada.mcp.modern(method, params, headers);
      assert.equal(answer.status, 400);
      assert.equal(codeOf(answer), HEADER_MISMATCH);
      assert.ok('id' in answer.json);
    });
  }

  test('Mcp-Name may be wrapped in base64, header names are in any letters, blanks around values do not count', async () => {
    const wrapped = await ada.mcp.modern('tools/call', call, { 'Mcp-Name': `=?base64?${btoa('listMcpShopInventory')}?=` });
    assert.equal(resultOf(wrapped).resultType, 'complete');
    const request = modernMessage('tools/call', call);
    const lower = { 'mcp-protocol-version': MODERN, 'mcp-method': '  tools/call ', 'MCP-NAME': ' listMcpShopInventory\t' };
    assert.equal(resultOf(await ada.mcp.post(request, lower)).resultType, 'complete');
  });

  test('a version that header and _meta agree on and that is not served is named, with those that are', async () => {
    for (const version of ['2099-01-01', '2025-11-25']) {
      const answer = await ada.mcp.modern('tools/list', { _meta: { [META.version]: version } }, { 'MCP-Protocol-Version': version });
      assert.equal(answer.status, 400);
      assert.equal(codeOf(answer), UNSUPPORTED_VERSION);
      assert.deepEqual(answer.json.error.data, { supported: [MODERN], requested: version });
    }
  });

  test('a tool that there is not and a cursor that nobody gave are errors in an answer, not of HTTP', async () => {
    for (const [method, params] of /** @type {const} */ ([['tools/call', { name: 'buyEverything' }], ['tools/list', { cursor: 'x' }]])) {
      const answer = await ada.mcp.modern(method, params);
      assert.equal(answer.status, 200);
      assert.equal(codeOf(answer), INVALID_PARAMS);
    }
  });

  test('arguments that a tool does not take are a result that says so', async () => {
    const result = await ada.mcp.call('setDemoMode', {});
    assert.equal(result.isError, true);
    assert.match(textOf(result), /\/mode is missing; it must be one of "normal", "banned"/);
  });
});

describe('which era a message belongs to', () => {
  test('Mcp-Method and Mcp-Name alone do not make it modern', async () => {
    const session = await ada.mcp.open();
    const answer = await session.post(message('tools/list'), { 'Mcp-Method': 'tools/list', 'Mcp-Name': 'x' });
    assert.equal(resultOf(answer).resultType, undefined);
  });

  test('initialize under the header of the modern era is a mismatch', async () => {
    const answer = await ada.mcp.post(message('initialize', {}), { 'MCP-Protocol-Version': MODERN });
    assert.equal(answer.status, 400);
    assert.equal(codeOf(answer), HEADER_MISMATCH);
  });

  test('server/discover without _meta, in a session, is a method that there is not', async () => {
    const answer = await (await ada.mcp.open()).request('server/discover');
    assert.equal(codeOf(answer), METHOD_NOT_FOUND);
  });

  test('_meta makes a message modern even where a session is named', async () => {
    const session = await ada.mcp.open();
    const request = modernMessage('tools/list');
    assert.equal(resultOf(await session.post(request, modernHeaders(request))).resultType, 'complete');
  });
});

describe('bodies', () => {
  const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
  /** @type {[string, string | Uint8Array, string][]} */
  const unreadable = [
    ['nothing', '', 'the body is empty'],
    ['blanks', '  \n', 'the body is empty'],
    ['no JSON', 'hello', 'not valid JSON'],
    ['half of a message', ping.slice(0, -1), 'not valid JSON'],
    ['a byte order mark', `\ufeff${ping}`, 'not valid JSON'],
    ['something after the message', `${ping} x`, 'more text after'],
    ['two messages', ping + ping, 'more text after'],
    ['the same name twice', '{"jsonrpc":"2.0","id":1,"method":"ping","id":2}', 'same name twice'],
    ['the same name twice, one of them escaped', '{"jsonrpc":"2.0","id":1,"method":"ping","\\u0069d":2}', 'same name twice'],
    ['the same name twice, deep inside', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[{"b":1,"b":2}]}}', 'same name twice'],
    ['bytes that are not UTF-8', Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":"'), Buffer.from([0xff, 0xc0]), Buffer.from('"}')]), 'not valid UTF-8'],
    ['half of a surrogate pair', '{"jsonrpc":"2.0","id":1,"method":"\\ud83d"}', 'not valid JSON'],
    ['an integer beyond 64 bits', '{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"ping"}', 'does not fit into 64 bits'],
    ['a number beyond any double', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":1e999}}', 'a number is too large'],
    ['65 levels', `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":${nested(63)}}}`, 'deeper than 64 levels'],
    ['half a million nested arrays', nested(500_000), 'deeper than 64 levels'],
    ['a million nested arrays that nobody closes', '['.repeat(1_000_000), 'deeper than 64 levels'],
    ['objects without end', '{"a":'.repeat(200_000), 'deeper than 64 levels'],
  ];
  for (const [what, body, why] of unreadable) {
    test(`${what}: parse error, and the next message is heard`, async () => {
      const answer = await ada.mcp.post(body);
      assert.equal(answer.status, 400);
      assert.equal(codeOf(answer), PARSE_ERROR);
      assert.ok(answer.json.error.message.includes(why), answer.text);
      assert.ok(!('id' in answer.json));
      assert.equal((await ada.mcp.modern('server/discover')).status, 200);
    });
  }

  test('64 levels are taken', async () => {
    const session = await ada.mcp.open();
    const answer = await session.post(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":${nested(62)}}}`);
    assert.equal(answer.status, 200);
  });

  /** @type {[string, unknown, 'with its id' | 'without an id'][]} */
  const invalid = [
    ['a text', 'ping', 'without an id'],
    ['a number', 7, 'without an id'],
    ['null', null, 'without an id'],
    ['no jsonrpc', { id: 1, method: 'ping' }, 'with its id'],
    ['another jsonrpc', { jsonrpc: '1.0', id: 1, method: 'ping' }, 'with its id'],
    ['an id that is null', { jsonrpc: '2.0', id: null, method: 'ping' }, 'without an id'],
    ['an id that is a fraction', { jsonrpc: '2.0', id: 1.5, method: 'ping' }, 'without an id'],
    ['an id that is an object', { jsonrpc: '2.0', id: {}, method: 'ping' }, 'without an id'],
    ['neither method nor result', { jsonrpc: '2.0', id: 1 }, 'with its id'],
    ['both method and result', { jsonrpc: '2.0', id: 1, method: 'ping', result: {} }, 'with its id'],
    ['a method that is no text', { jsonrpc: '2.0', id: 1, method: 7 }, 'with its id'],
    ['params that are an array', { jsonrpc: '2.0', id: 1, method: 'ping', params: [] }, 'with its id'],
  ];
  for (const [what, body, id] of invalid) {
    test(`${what}: invalid request`, async () => {
      const answer = await ada.mcp.post(JSON.stringify(body));
      assert.equal(answer.status, 400);
      assert.equal(codeOf(answer), INVALID_REQUEST);
      assert.equal('id' in answer.json, id === 'with its id', answer.text);
    });
  }

  test('a body that is not application/json is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', undefined]) {
      const answer = await ada.mcp.post(message('ping'), { 'Content-Type': type });
      assert.equal(answer.status, 415);
      assert.equal(codeOf(answer), INVALID_REQUEST);
    }
    const session = await ada.mcp.open();
    assert.equal((await session.post(message('ping'), { 'Content-Type': 'Application/JSON; charset=utf-8' })).status, 200);
  });

  const MEBIBYTE = 1024 * 1024;

  test('a body of exactly 1 MiB is heard, announced or not', async () => {
    const session = await ada.mcp.open();
    const body = JSON.stringify(message('ping')).padEnd(MEBIBYTE, ' ');
    assert.deepEqual(resultOf(await session.post(body)), {});
    const headers = { 'Content-Type': 'application/json' };
    assert.deepEqual(resultOf(await session.ask({ method: 'POST', headers, chunks: body.match(/.{1,65536}/gs) ?? [] })), {});
  });

  test('one byte more is refused with 413, announced or not', async () => {
    const body = JSON.stringify(modernMessage('server/discover')).padEnd(MEBIBYTE + 1, ' ');
    assert.equal((await ada.mcp.post(body)).status, 413);
    const headers = { 'Content-Type': 'application/json' };
    const chunked = await ada.mcp.ask({ method: 'POST', headers, chunks: body.match(/.{1,65536}/gs) ?? [] });
    assert.equal(chunked.status, 413);
    assert.equal((await ada.mcp.modern('server/discover')).status, 200);
  });

  test('a body that announces too much is refused before it comes, and before anybody asks who sends it', async () => {
    const answer = await ask(ada.mcp.url, { body: Buffer.alloc(3 * MEBIBYTE, ' '), headers: { 'Content-Type': 'application/json' } });
    assert.equal(answer.status, 413);
  });
});

describe('the border', () => {
  test('other methods are answered with 405 and what is allowed; GET and DELETE too in the era that has no sessions', async () => {
    const modern = { 'MCP-Protocol-Version': MODERN };
    for (const [method, headers] of /** @type {const} */ ([['PUT', {}], ['PATCH', {}], ['GET', modern], ['DELETE', modern]])) {
      const answer = await ada.mcp.ask({ method, headers: { Accept: 'text/event-stream', ...headers } });
      assert.equal(answer.status, 405, method);
      assert.equal(answer.header('Allow'), 'POST, GET, DELETE');
    }
  });

  test('GET opens the stream of a session, and without a session or without Accept there is none', async () => {
    const session = await ada.mcp.open();
    const stream = await session.stream();
    assert.equal(stream.status, 200);
    assert.equal(stream.headers['content-type'], 'text/event-stream');
    stream.close();
    const refused = { 400: ada.mcp, 404: ada.mcp.session('made-up'), 401: new Endpoint(ada.mcp.url).session(session.id) };
    for (const [status, endpoint] of Object.entries(refused)) {
      assert.equal((await endpoint.ask({ method: 'GET', headers: { Accept: 'text/event-stream' } })).status, Number(status));
    }
    assert.equal((await session.ask({ method: 'GET', headers: { Accept: 'application/json' } })).status, 406);
  });

  test('a page of a foreign origin is refused, whatever it sends', async () => {
    const foreign = ['http://evil.example', 'https://localhost.evil.example', 'http://127.0.0.1.evil.example', 'null', 'http://localhost@evil.example'];
    for (const origin of foreign) {
      for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
        const answer = await ada.mcp.ask({ method, headers: { Origin: origin, 'Content-Type': 'application/json' } });
        assert.equal(answer.status, 403, `${method} from ${origin}`);
        assert.equal(answer.header('Access-Control-Allow-Origin'), null);
      }
    }
  });

  test('pages of this machine and of the configured origins may read every answer', async () => {
    const request = modernMessage('server/discover');
    for (const origin of ['http://localhost:6274', 'http://127.0.0.1:3000', 'http://[::1]:8080', 'https://playground.example', machine.url]) {
      const nobody = new Endpoint(ada.mcp.url);
      const answers = [
        await ada.mcp.post(request, { ...modernHeaders(request), Origin: origin }),
        await ada.mcp.post('{', { Origin: origin }),
        await ada.mcp.ask({ method: 'PUT', headers: { Origin: origin } }),
        await nobody.post(request, { Origin: origin }),
        await ask(ada.mcp.url, { body: Buffer.alloc(1024 * 1024 + 1), headers: { Origin: origin } }),
      ];
      assert.deepEqual(answers.map(({ status }) => status), [200, 400, 405, 401, 413]);
      for (const answer of answers) {
        assert.equal(answer.header('Access-Control-Allow-Origin'), origin);
        const exposed = (answer.header('Access-Control-Expose-Headers') ?? '').toLowerCase().split(/, */);
        for (const name of ['www-authenticate', 'mcp-session-id', 'mcp-protocol-version']) assert.ok(exposed.includes(name), name);
        assert.match(answer.header('Vary') ?? '', /Origin/i);
      }
    }
    assert.equal((await ada.mcp.modern('server/discover', {}, { Origin: 'https://playground.example:444' })).status, 403);
    assert.equal((await ada.mcp.modern('server/discover', {}, { Origin: 'http://playground.example' })).status, 403);
  });

  test('a preflight needs no token, and allows all that MCP needs', async () => {
    const asked = 'authorization, content-type, accept, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id';
    const answer = await ask(ada.mcp.url, {
      method: 'OPTIONS',
      headers: { Origin: 'http://localhost:6274', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': asked },
    });
    assert.equal(answer.status, 204);
    assert.equal(answer.header('Access-Control-Allow-Origin'), 'http://localhost:6274');
    const allowed = (answer.header('Access-Control-Allow-Headers') ?? '').toLowerCase().split(/, */);
    for (const name of asked.split(', ')) assert.ok(allowed.includes(name), name);
    const methods = (answer.header('Access-Control-Allow-Methods') ?? '').split(/, */);
    for (const method of ['GET', 'POST', 'DELETE']) assert.ok(methods.includes(method), method);
    assert.equal(answer.header('Access-Control-Allow-Credentials'), null);
  });

  test('a host that is not ours is refused on every path (DNS rebinding)', async () => {
    const paths = ['/', '/mcp', '/authorize', '/callback', '/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-authorization-server'];
    for (const host of ['evil.example', `evil.example:${machine.port}`, 'localhost.evil.example', '127.0.0.1.evil.example', '127.evil.example']) {
      for (const path of paths) {
        assert.equal((await ask(machine.url + path, { headers: { Host: host } })).status, 403, `${host}${path}`);
      }
      for (const path of ['/mcp', '/token', '/register', '/consent']) {
        assert.equal((await ask(machine.url + path, { method: 'POST', headers: { Host: host } })).status, 403, `${host}${path}`);
      }
    }
  });
});
