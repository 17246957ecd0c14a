/**
 * What the fuzzers begin with: real messages, written by hand once. `node tests/fuzz/seeds.js FOLDER` writes them to a
 * folder for each target; `pnpm fuzz --merge` takes from there what covers something new.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {}, url: {} }, sampling: {}, roots: {}, extensions: { 'io.modelcontextprotocol/tasks': {} } },
  'io.modelcontextprotocol/clientInfo': { name: 'fuzzer', version: '1' },
};
const FEW = { ...META, 'io.modelcontextprotocol/clientCapabilities': {} };
const ORDER = { company: 'Acme', mailingAddress: '1 Main St\nSpringfield', tshirtSize: 'XL' };
const FORM = { 'details-1': { action: 'accept', content: { mailingAddress: '1 Main St', tshirtSize: 'XL' } } };

let id = 0;
/** @param {string} method @param {object} [params] */
const message = (method, params) => JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params });
/** @param {string} method @param {object} [params] @param {object} [meta] */
const modern = (method, params = {}, meta = META) => `m${message(method, { ...params, _meta: meta })}`;
/** @param {string} method @param {object} [params] */
const legacy = (method, params) => `l${message(method, params)}`;
/** @param {string} method @param {object} [params] */
const told = (method, params) => `l${JSON.stringify({ jsonrpc: '2.0', method, params })}`;
/** @param {string} name @param {object} args @param {object} [more] @param {object} [meta] */
const tool = (name, args, more = {}, meta = META) => modern('tools/call', { name, arguments: args, ...more }, meta);
/** @param {string} name @param {object} args @param {object} [more] */
const oldTool = (name, args, more = {}) => legacy('tools/call', { name, arguments: args, ...more });
/** @param {string} revision @param {object} [capabilities] */
const hello = (revision, capabilities = { elicitation: {}, roots: {}, sampling: {} }) => [
  legacy('initialize', { protocolVersion: revision, capabilities, clientInfo: { name: 'fuzzer', version: '1' } }),
  told('notifications/initialized'),
];
/** @param {object} what */
const act = (what) => `d${JSON.stringify(what)}`;
const HOODIES = { ...ORDER, item: 'mcp-hoodie', quantity: 1 };
const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];

const step = [
  [modern('server/discover'), modern('ping'), modern('tools/list'), modern('prompts/list'), modern('resources/list'), modern('resources/templates/list')],
  [tool('listMcpShopInventory', {}), tool('buyMcpShopItem', ORDER), tool('listMcpShopOrders', { limit: 1 }), tool('getUserInfo', {})],
  [tool('buyMcpShopItem', { company: 'Acme' }), tool('buyMcpShopItem', { company: 'Acme' }, { requestState: '$R', inputResponses: FORM })],
  [tool('buyMcpShopItem', { company: 'Acme' }, {}, FEW), tool('buyMcpShopItem', { ...ORDER, idempotencyKey: 'k' }), tool('buyMcpShopItem', { ...ORDER, idempotencyKey: 'k' }), tool('buyMcpShopItem', { ...ORDER, company: 'B', idempotencyKey: 'k' })],
  [tool('buyMcpShopItem', HOODIES), 'u/authority/state', act({ do: 'approve', id: '$A' }), tool('buyMcpShopItem', HOODIES), 'a', 'u/authority/audit'],
  [tool('buyMcpShopItem', HOODIES, {}, FEW), 'u/authority/state', act({ do: 'refuse', id: '$A' }), tool('buyMcpShopItem', HOODIES), 'u/authority/export?after=0'],
  [tool('setDemoMode', { mode: 'banned' }), tool('listMcpShopInventory', {}), tool('buyMcpShopItem', ORDER), tool('prettyPlease', {}), tool('clearDemoMode', {})],
  [modern('resources/read', { uri: 'shop://orders' }), modern('prompts/get', { name: 'x', arguments: {} }), modern('completion/complete', { ref: { type: 'ref/prompt', name: 'buy_shirt' }, argument: { name: 'size', value: 'X' } })],
  [modern('subscriptions/listen', { notifications: { toolsListChanged: true, resourcesListChanged: true, resourceSubscriptions: ['shop://orders'] } }), tool('buyMcpShopItem', ORDER), act({ do: 'bounds', grant: '$G', bounds: { limits: [{ measure: 'orders', most: 1, per: 'day' }] } }), 'c', 'w'],
  [modern('tasks/get', { taskId: '$K' }), modern('tasks/update', { taskId: '$K' }), modern('tasks/cancel', { taskId: '$K' })],
  [act({ do: 'revoke', grant: '$G' }), modern('tools/list'), 'u/authority/state', act({ do: 'erase' }), 'u/authority/export'],
  [act({ do: 'pause' }), tool('listMcpShopInventory', {}), act({ do: 'resume' }), act({ do: 'ceilings', limits: [{ measure: 'EUR', most: 100, per: 'week' }] }), act({ do: 'sentence', grant: '$G', bounds: {} }), act({ do: 'revoke_all' })],
  ['e{"user":"user_01ABCDEFGHJKMNPQRSTVWXYZ01","do":"revoke_all"}', 'u/admin', 'u/admin/state?user=user_01ABCDEFGHJKMNPQRSTVWXYZ01', 'u/authority', 'u/authority/events', 'c'],
  ['rGET /', 'rGET /.well-known/oauth-protected-resource/mcp', 'rGET /.well-known/jwks.json', 'rGET /.well-known/oauth-authorization-server', 'rGET /authority/sign-in?next=/authority', 'rOPTIONS /mcp\tOrigin: https://playground.example', 'rPOST /mcp', 'rPOST /mcp\tAuthorization: Bearer $T\tContent-Type: application/json\t\t[]'],
  ['=s0 {"request":{"clientId":"client-1","redirectUri":"http://127.0.0.1:5000/callback","scope":["shop:read","shop:buy"],"state":"s","codeChallenge":"c"},"client":{"name":"Claude","host":"127.0.0.1","loopback":true}}', '=s0 {"handle":"h1","cookies":["a=b; Secure"]}', 'rGET /authorize?client_id=client-1'],
  ['=s0 {"request":{"clientId":"client-1","redirectUri":"http://127.0.0.1:5000/callback","scope":["shop:read"],"state":"s","codeChallenge":"c","requested_scopes":["shop:read"],"client":{"name":"C","host":"h"}},"cookies":["one=1"]}', '=s0 {"state":"st","cookies":["two=2"]}', 'rPOST /authorize\tOrigin: https://shop.example\t\thandle=h1&decision=continue'],
  ['=s0 {"request":{"clientId":"client-1","redirectUri":"http://127.0.0.1:5000/callback","scope":["shop:read"],"state":"s","requested_scopes":["shop:read","shop:buy"],"client":{"name":"C","host":"h"}},"data":{"verifier":"v1"},"cookies":["c=; Max-Age=0"]}', '=s200 {"user":{"id":"user_1","email":"ada@example.com","first_name":"Ada"},"access_token":"jwt"}', '=s0 {"sub":"user_1","sid":"session_1","permissions":["shop:admin"]}', '=s0 {"sentence":"It may look."}', '=s0 {"handle":"h2","cookies":[]}', 'rGET /callback?code=c1&state=st'],
  ['rPOST /token\tContent-Type: application/x-www-form-urlencoded\t\tgrant_type=refresh_token&refresh_token=$U:$G:refresh', 'rPOST /register\t\t{}', 'rPOST /token\t\tgrant_type=authorization_code&code=$U:$G:code'],
  ['rPOST /webhooks/workos\tWorkOS-Signature: t=1790000000000, v1=00\t\t{"id":"event_1","event":"user.deleted","data":{"object":"user","id":"user_1"}}', 'p{"call":"identity_event","id":"e1","event":"session.revoked","data":{"id":"session_1","user_id":"user_1"}}', 'p{"call":"recall_client","client_id":"client-1"}', 'p{"call":"admin_state"}', 'p{"call":"admin_act","do":"pause","by":{"subject":"user_9"}}'],
  ['v{"operation":"get","key":"grant:$U:$G"}', 'v{"operation":"list","prefix":"grant:$U:"}', 'v{"operation":"put","key":"token:$U:$G:t1","value":"{}","expires_in":3600}', 'v{"operation":"list","prefix":"token:$U:$G:"}', 'v{"operation":"delete","key":"grant:$U:$G"}', modern('tools/list')],
  ['f{"jsonrpc":"2.0","id":7,"method":"tools/call"}', 'x\x01', 'y\x01\x02', 't3600000', 'a', 'w', 'g', 'k', modern('logging/setLevel', { level: 'debug' }), 'm{"jsonrpc":"2.0","id":"x","method":"nobody/knows"}', 'm{', 'm[]', 'm{"jsonrpc":"1.0"}'],
  [...hello('2025-03-26'), 'l[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}},{"jsonrpc":"2.0","id":2,"method":"tools/list"}]'],
  [...hello('2025-11-25'), oldTool('buyMcpShopItem', HOODIES, { task: { ttl: 60000 } }), legacy('tasks/list'), legacy('tasks/get', { taskId: '$K' }), legacy('tasks/result', { taskId: '$K' }), legacy('tasks/cancel', { taskId: '$K' }), 'g', 'a'],
  [...hello('2025-11-25'), oldTool('buyMcpShopItem', { company: 'Acme' }), 'l{"jsonrpc":"2.0","id":$I,"result":{"action":"accept","content":{"mailingAddress":"1 Main St","tshirtSize":"XL"}}}', 'g', 'rGET /mcp\tAuthorization: Bearer $T\tAccept: text/event-stream\tMcp-Session-Id: $S\tLast-Event-ID: $E'],
  [...hello('2025-06-18'), oldTool('buyMcpShopItem', { company: 'Acme' }), 'l{"jsonrpc":"2.0","id":$I,"error":{"code":-1,"message":"no"}}', told('notifications/cancelled', { requestId: 3 }), 'c', 'k', 'w', 'rDELETE /mcp\tAuthorization: Bearer $T\tMcp-Session-Id: $S'],
  ...REVISIONS.map((revision) => [...hello(revision), legacy('tools/list'), legacy('resources/list'), legacy('resources/subscribe', { uri: 'shop://orders' }), oldTool('buyMcpShopItem', ORDER), legacy('prompts/list'), legacy('resources/templates/list'), legacy('ping'), legacy('resources/unsubscribe', { uri: 'shop://orders' }), 'rGET /mcp\tAuthorization: Bearer $T\tAccept: text/event-stream\tMcp-Session-Id: $S', legacy('logging/setLevel', { level: 'info' })]),
].map((lines) => lines.join('\n'));

const json = ['{}', '[]', 'null', 'true', '""', '0', '-0', '1.5', '1e20', '-1.25E-7', '9223372036854775807', '18446744073709551615', '9007199254740993', '5e-324', '{"a":1,"b":[true,false,null,"x\\u00e9\\ud83d\\ude00"],"":{"a":{}}}', '{"a":1,"a":2}', '{"\\u0061":1,"a":2}', '[1] 2', '[[[[[[[[]]]]]]]]', '"\\\\ \\" \\/ \\b\\f\\n\\r\\t \\u0000"', '{"\u20ac":1,"\\r":2,"\ufb33":3,"1":4,"\u0080":5,"\u00f6":6,"\ud83d\ude02":7}', ' { "x" : [ 1 , 2 ] } ', '[0.1,1e-7,1e21,123456789012345680000,4.35]', message('tools/call', { name: 'act', arguments: {} })];

const schemas = [
  ['{"type":"object","properties":{"name":{"type":"string","minLength":2}},"required":["name"]}', '{"name":"Ada"}', '{"name":"A"}', '{}'],
  ['{"type":"array","items":{"type":"integer"},"uniqueItems":true,"minItems":1,"maxItems":3}', '[1,2]', '[1,1.0]', '[]', '[1,2,3,4]'],
  ['{"oneOf":[{"type":"number","multipleOf":0.1},{"const":"x"},{"enum":[1,"2",null]}]}', '0.3', '"x"', 'null', '1'],
  ['{"$defs":{"tree":{"type":"object","properties":{"next":{"$ref":"#/$defs/tree"}}}},"$ref":"#/$defs/tree"}', '{"next":{"next":{}}}', '{"next":1}'],
  ['{"if":{"properties":{"a":{"const":1}}},"then":{"required":["b"]},"else":{"maxProperties":1}}', '{"a":1}', '{"a":1,"b":2}', '{"a":2,"c":1}'],
  ['{"unevaluatedProperties":false,"allOf":[{"properties":{"a":true}}],"patternProperties":{"^x":{"type":"string"}}}', '{"a":1,"xy":"z"}', '{"b":1}'],
  ['{"prefixItems":[true,{"type":"string"}],"items":false,"contains":{"type":"string"},"minContains":1,"maxContains":2}', '[1,"a"]', '[1,2]', '[1,"a",2]'],
  ['{"$dynamicAnchor":"n","type":"object","additionalProperties":{"$dynamicRef":"#n"}}', '{"a":{"b":{}}}', '{"a":1}'],
  ['{"$id":"https://x.example/s","$anchor":"a","properties":{"p":{"$ref":"#a"}},"dependentRequired":{"p":["q"]},"dependentSchemas":{"q":{"minProperties":2}}}', '{"p":{}}', '{"p":{},"q":1}'],
  ['{"format":"date-time","pattern":"^\\\\d{4}","minLength":1,"maxLength":40}', '"2026-11-22T08:00:00Z"', '"x"'],
  ['{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"https://json-schema.org/draft/2020-12/schema"}', '{"type":"string"}', '{"type":1}'],
  ['{"minimum":1,"exclusiveMaximum":18446744073709551615,"not":{"const":3},"propertyNames":{"maxLength":2}}', '1', '3', '{"abc":1}'],
  ['{"properties":{"a/b":{"items":{"properties":{"c~d":{"type":"string"}}}}}}', '{"a/b":[{},{"c~d":1}]}', '{"a/b":[{"c~d":""}]}'],
  ['true', '1'],
  ['false', '1'],
  ['/^(a|b)*c{2,3}$', 'abcc', 'ab'],
  ['/(?<n>x)\\k<n>(?!y)(?<=x)', 'xx', 'xxy'],
  ['/\\p{Lu}\\p{Script=Greek}[^\\s\\d]{1,}?\\u{1F600}', 'A\u03b1x\ud83d\ude00'],
  ['/(a+)+$', 'aaaaaaaaaaaaaaaaaaaaaaaaab'],
  ['/(?:(a)|b)*\\1\\bfoo\\B.', 'abafoo'],
].map((lines) => lines.join('\n'));

const text = [
  'aAQID', 'a<a href="x">&\'</a>', 'a%41%zz+ \u00e9', 'bk\na=1&k=2&k=3+4%20', 'b a, b;c d',
  'chttps://shop.example:8787/mcp?a=b', 'chttp://[::1]:1/', 'c/authority/approvals/x', 'c//evil.example', 'chttp://a/b/c/d;p?q\n../../g?y#s', 'curn:x:y#z',
  'd__Host-authority=a.b; x=y', 'dBearer a:b:c', 'dhttps://shop.example', 'd{"PUBLIC_URL":"https://shop.example/","AUTHORITY_SECRET":"x"}',
  'e{"iss":"https://i","sub":"u","aud":["a"],"exp":1790000000,"scope":"a b","act":{"sub":"x","act":{"sub":"y"}},"client_id":"c"}', 'e{"sub":"u","exp":1,"nonce":"n"}',
  'f\x01\x02\x03\x04\x05\x06\x07\x08', 'g1\n1.0', 'g0.0075\n0.0001', 'g18446744073709551615\n-1e300',
  'h2026-11-22T08:00:00Z', 'h127.0.0.1', 'h::ffff:1.2.3.4', 'hP1Y2M3DT4H', 'ha@b.example', 'h/a~0b~1', 'h1/a', 'h{+x}{?y*,z:3}', 'h^a$',
  `i\x01\x00\x00\x00\x00\x00\x00\xf0?\x20\x00\x00\x00${'s'.repeat(32)}\x05`,
];

/** Results as the outside gives them, behind what is awaited and whether the continuation is the real one. */
const results = {
  signIn: ['s0 {"request":{"clientId":"c","redirectUri":"http://127.0.0.1/cb","scope":["shop:read"],"state":"s","codeChallenge":"x","requested_scopes":["shop:read"],"client":{"name":"C","host":"h"}},"client":{"name":"C","host":"h"},"data":{"verifier":"v1"},"cookies":["a=b"],"handle":"h"}', 's200 {"user":{"id":"user_1","email":"a@b.example","first_name":"A"},"access_token":"jwt"}', 's0 {"sub":"user_1","sid":"s1","permissions":["shop:admin"]}', 's0 {"sentence":"x"}', 's0 {"handle":"h2","cookies":[]}'],
  form: ['s0 handle=h1&decision=continue', 's0 {"request":{"clientId":"c"},"cookies":["a=b"],"redirect_to":"https://c.example/"}', 's0 {"state":"st","cookies":[]}'],
  consent: ['s0 handle=h2&decision=allow&tools=listMcpShopInventory&preset=look', 's0 {"request":{"clientId":"c","person":{"subject":"user_1","email":"e","name":"n","session":"s","permissions":[],"impersonated":false}},"cookies":[]}', 's0 {"redirect_to":"https://c.example/?code=1"}'],
  page: ['s200 {"user":{"id":"user_1","email":"a@b.example","first_name":"A"},"access_token":"jwt"}', 's0 {"sub":"user_1","sid":"s1","permissions":["shop:admin"],"auth_time":1789999999}', 's0 {"secret":"x"}'],
  webhook: ['s0 {"id":"event_1","event":"user.deleted","data":{"object":"user","id":"user_1"}}', 's0 {}'],
  other: ['s0 {"audience":"https://shop.example/mcp","expires_at":1790003600,"scope":["shop:read"]}'],
};
const resume = [];
for (let way = 0; way < 12; ++way) {
  const lines = [results.signIn, results.form, results.consent, results.signIn, ['s0 refresh_token=x'], ['s0 ', 's0 {}'], results.other, results.page, results.webhook, ['s204 '], ['s0 '], ['s0 {"deputies":[]}']][way].join('\n');
  for (const mode of [1, 2]) resume.push(String.fromCharCode(way, mode) + (mode === 1 ? '\x01\x00\x00\n' : '') + lines);
  resume.push(`${String.fromCharCode(way, 0)}${String.fromCharCode(way + 1)}\x00\x00\x00\x00\n${lines}`);
}
for (let kind = 12; kind < 19; ++kind) resume.push(`${String.fromCharCode(kind)}\x03\x00a`, `${String.fromCharCode(kind)}\x00\x04\x00`, `${String.fromCharCode(kind)}\x10\x01 `);

/** Six bytes are a step of the model (authority.cpp): kind, client, place, two that pick, when. */
const authority = [
  [[0, 0, 0, 1, 0, 0], [1, 0, 0, 2, 0, 0], [2, 0, 0, 3, 0, 0], [3, 0, 0, 3, 0, 3], [8, 0, 0, 0, 0, 0], [3, 0, 0, 3, 0, 0]],
  [[0, 0, 0, 7, 1, 0], [0, 1, 0, 9, 2, 0], [2, 0, 1, 5, 0, 0], [2, 1, 2, 6, 0, 0], [7, 0, 0, 64, 0, 2], [5, 0, 0, 0, 0, 0], [14, 0, 0, 0, 0, 14], [15, 0, 0, 0, 0, 0]],
  [[0, 0, 0, 3, 0, 0], [10, 0, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0], [11, 0, 0, 0, 0, 0], [12, 0, 0, 9, 9, 0], [13, 0, 0, 5, 0, 0], [6, 0, 0, 1, 0, 0], [16, 0, 0, 3, 0, 0], [9, 0, 0, 0, 0, 0xf0], [4, 0, 0, 0, 0, 8]],
].map((steps) => Buffer.from(steps.flat()));
/** Longer ones: four grants, then what the numbers of a linear congruential generator say, calls above all. */
const CALLS = [1, 1, 1, 2, 3, 3, 3, 5, 7];
const OFTEN = [1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 5, 5, 7, 7, 7, 0, 4, 8, 10, 11, 11, 12, 13, 14, 14, 15];
let state = 1;
const random = () => (state = (state * 1103515245 + 12345) % 2 ** 31) >> 8;
for (let history = 0; history < 8; ++history) {
  const steps = [0, 1, 2, 3].map((client) => [0, client, 0, random() % 256, random() % 256, 0]);
  while (steps.length < 70) {
    const kinds = history % 2 ? OFTEN : CALLS; // one that is paused soon does nothing else
    steps.push([kinds[random() % kinds.length], random() % 4, random() % 6, random() % 256, random() % 4, random() % 5 ? 0 : random() % (history % 2 ? 20 : 8)]);
  }
  authority.push(Buffer.from(steps.flat()));
}

// A change in the middle of what is brought back, such as a MAC.
for (let kind = 12; kind < 19; ++kind) resume.push(`${String.fromCharCode(kind)}\x2d\x00A`);

const folder = process.argv[2];
for (const [target, inputs] of Object.entries({ json, step, resume, schema: schemas, text, authority })) {
  mkdirSync(join(folder, target), { recursive: true });
  for (const input of inputs) {
    // Texts of bytes below 256 are bytes; with others in them they are UTF-8.
    const bytes = typeof input !== 'string' ? input : /^[\x00-\xff]*$/.test(input) ? Buffer.from(input, 'latin1') : Buffer.from(input);
    writeFileSync(join(folder, target, createHash('sha1').update(bytes).digest('hex')), bytes);
  }
}
