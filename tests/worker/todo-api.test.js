/** The Todo API in workerd: its contract, its document, whom it lets in, and what happens when many come at once. */
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { exportSPKI } from 'jose';
import { PROJECT } from '../../scripts/run.js';
import { ask } from '../support/http.js';
import { ALGORITHMS, Issuer, OTHER_ALGORITHM } from '../support/issuer.js';
import { Contract } from '../support/openapi.js';
import { until } from '../support/until.js';
import { startWorker } from '../support/worker.js';

const AUDIENCE = 'https://todo.example/v1';
const METADATA = 'https://todo.example/.well-known/oauth-protected-resource/v1';
const SCOPE = 'todo_api:read todo_api:write';
const ACCESS = { aud: AUDIENCE, client_id: 'mcp', scope: SCOPE, act: { sub: 'mcp-server' } };

const contract = new Contract(JSON.parse(readFileSync(join(PROJECT, 'wasm/todo_api/openapi.json'), 'utf8')));
const issuer = new Issuer();
const storage = mkdtempSync(join(tmpdir(), 'todo-api-'));
/** @type {import('../support/worker.js').RunningWorker} */
let stack;

/** @param {Record<string, string>} [vars] */
async function start(vars) {
  const port = stack?.port ?? 0;
  stack = await startWorker({ environment: 'todo-api', port, persistTo: storage, vars: { API_ISSUER: issuer.url, API_AUDIENCE: AUDIENCE, ...vars } });
}

before(async () => {
  await issuer.start();
  await start();
});
after(async () => {
  await stack?.stop();
  await issuer.stop();
  rmSync(storage, { recursive: true, force: true });
});

/** The objects that there are. */
const objects = () => globSync('v3/do/*-Principal/*.sqlite', { cwd: storage }).filter((file) => !file.endsWith('metadata.sqlite')).length;

/** The storage of a person who has changed their list. Only while nothing runs. @param {string} sub */
function databaseOf(sub) {
  for (const file of globSync('v3/do/*-Principal/*.sqlite', { cwd: storage })) {
    if (file.endsWith('metadata.sqlite')) continue;
    const database = new DatabaseSync(join(storage, file));
    if (database.prepare('SELECT 1 FROM changes WHERE subject = ?').get(sub)) return database;
    database.close();
  }
  throw new Error(`${sub} has no list`);
}

/** @typedef {{ headers?: Record<string, any>, body?: unknown, text?: string, chunks?: string[] }} More */

/** A request whose answer must be as the document says. @param {string | undefined} token @param {string} method @param {string} path @param {More} [more] */
async function call(token, method, path, { headers, body, text = body === undefined ? undefined : JSON.stringify(body), chunks } = {}) {
  const fields = { Authorization: token && `Bearer ${token}`, 'Content-Type': text === undefined && !chunks ? undefined : 'application/json', ...headers };
  const answer = await ask(stack.url + path, { method, headers: fields, body: text, chunks });
  contract.check(method, path.split('?')[0], answer);
  return answer;
}

/** A person with a list of their own, who is new to the API. */
class Person {
  /** @param {string} sub @param {string} token */
  constructor(sub, token) {
    this.sub = sub;
    this.token = token;
  }
  /** @param {{ sub?: string, [claim: string]: unknown }} [claims] @param {import('../support/issuer.js').Signing} [signing] */
  static async named({ sub = randomUUID(), ...claims } = {}, signing = {}) {
    return new Person(sub, await issuer.token({ ...ACCESS, sub, ...claims }, signing));
  }
  /** @param {string} method @param {string} path @param {More} [more] */
  call(method, path, more) {
    return call(this.token, method, path, more);
  }
  /** @param {Record<string, string>} [headers] */
  list(headers) {
    return this.call('GET', '/api/todos', { headers });
  }
  /** @param {string} todoText @param {Record<string, string>} [headers] */
  add(todoText, headers) {
    return this.call('POST', '/api/todos', { body: { todoText }, headers });
  }
  /** @param {string} id @param {boolean} completed @param {Record<string, string>} [headers] */
  complete(id, completed, headers) {
    return this.call('PATCH', `/api/todos/${id}`, { body: { completed }, headers });
  }
  /** @param {string} id @param {Record<string, string>} [headers] */
  remove(id, headers) {
    return this.call('DELETE', `/api/todos/${id}`, { headers });
  }
}

/** @param {{ json: any }} answer @returns {{ id: string, text: string, completed: boolean }[]} */
const todosOf = ({ json }) => json.todos;
/** @param {{ json: any }} answer */
const textsOf = (answer) => todosOf(answer).map(({ text }) => text);

/** One request of each operation that needs a token. @param {string} [id] */
const each = (id = 'x') => /** @type {[string, string, More][]} */ ([
  ['GET', '/api/todos', {}],
  ['HEAD', '/api/todos', {}],
  ['POST', '/api/todos', { body: { todoText: 'x' } }],
  ['PATCH', `/api/todos/${id}`, { body: { completed: true } }],
  ['DELETE', `/api/todos/${id}`, {}],
  ['GET', '/api/changes', {}],
  ['HEAD', '/api/changes', {}],
]);

// ---- Who is let in. First, while there is no object yet ----

test('nobody without a good token makes an object', async () => {
  const other = new Issuer();
  await other.start();
  const sub = 'mallory';
  const good = { ...ACCESS, sub };
  const claims = Buffer.from(JSON.stringify({ ...good, iss: issuer.url, exp: Math.floor(Date.now() / 1000) + 3600 })).toString('base64url');
  const header = (/** @type {object} */ fields) => Buffer.from(JSON.stringify({ kid: issuer.key('RS256').kid, typ: 'JWT', ...fields })).toString('base64url');
  const hs256 = `${header({ alg: 'HS256' })}.${claims}`;
  const publicKey = await exportSPKI(issuer.key('RS256').publicKey);
  const valid = await issuer.token(good);
  const now = Math.floor(Date.now() / 1000);
  /** @type {Record<string, string>} */
  const bad = {
    'wrong issuer': await issuer.token({ ...good, iss: other.url }),
    'no issuer': await issuer.token({ ...good, iss: undefined }),
    "another issuer's": await other.token(good),
    'wrong audience': await issuer.token({ ...good, aud: 'https://todo.example' }),
    'no audience': await issuer.token({ ...good, aud: undefined }),
    'wrong key': await issuer.token(good, { key: { ...other.key('RS256'), kid: issuer.key('RS256').kid } }),
    'unknown key': await issuer.token(good, { key: { ...other.key('RS256'), kid: 'unknown' } }),
    'algorithm none': `${header({ alg: 'none' })}.${claims}.`,
    'HS256 with the public key': `${hs256}.${createHmac('sha256', publicKey).update(hs256).digest('base64url')}`,
    'an algorithm that is not ours': await issuer.token(good, { alg: OTHER_ALGORITHM }),
    expired: await issuer.token(good, { expires: -60 }),
    'without expiry': await issuer.token({ ...good, exp: undefined }),
    'not yet valid': await issuer.token({ ...good, nbf: now + 600 }),
    'without subject': await issuer.token({ ...good, sub: undefined }),
    'an ID token with a nonce': await issuer.token({ ...good, nonce: 'n' }),
    'an ID token with at_hash': await issuer.token({ ...good, at_hash: 'h' }),
    'an ID token by its audience': await issuer.token({ ...good, aud: ['mcp', AUDIENCE] }),
    'an act that names nobody': await issuer.token({ ...good, act: {} }),
    'more than 8 KiB': await issuer.token({ ...good, padding: 'x'.repeat(8192) }),
    'other claims under the same signature': valid.split('.').map((part, i) => (i === 1 ? claims : part)).join('.'),
    'no JWT': 'abc',
    'nothing of a JWT': 'a.b.c',
    'two tokens': `${valid}, Bearer ${valid}`,
    'two words': `${valid} ${valid}`,
  };
  await other.stop();
  for (const [name, token] of Object.entries(bad)) {
    for (const [method, path, more] of each()) {
      const answer = await call(token, method, path, more);
      assert.equal(answer.status, 401, `${name}: ${method} ${path}`);
      const challenge = answer.header('WWW-Authenticate') ?? '';
      assert.match(challenge, /^Bearer error="invalid_token", error_description="[^"\\]+", scope="todo_api:(read|write)", /, name);
      assert.ok(challenge.endsWith(`resource_metadata="${METADATA}"`), name);
    }
  }
  const twice = await call(undefined, 'GET', '/api/todos', { headers: { Authorization: [`Bearer ${valid}`, `Bearer ${valid}`] } });
  assert.equal(twice.status, 401, 'two headers');

  for (const [path, headers] of /** @type {[string, More['headers']][]} */ ([
    ['/api/todos', {}],
    [`/api/todos?access_token=${valid}`, {}],
    ['/api/todos', { Authorization: 'Basic YTpi' }],
    ['/api/todos', { Authorization: valid }],
    ['/api/todos', { Cookie: `access_token=${valid}`, 'X-Principal': 'mallory' }],
  ])) {
    const answer = await call(undefined, 'GET', path, { headers });
    assert.equal(answer.status, 401, path);
    assert.equal(answer.header('WWW-Authenticate'), `Bearer scope="todo_api:read", resource_metadata="${METADATA}"`);
  }
  assert.equal(objects(), 0);

  assert.equal((await call(valid, 'GET', '/api/todos')).status, 200, 'and the good one is good');
  assert.equal(objects(), 1);
});

test('every kind of signature that an issuer may have is taken, and a clock a little wrong', async () => {
  for (const alg of ALGORITHMS) assert.equal((await (await Person.named({}, { alg })).list()).status, 200, alg);
  const soon = { nbf: Math.floor(Date.now() / 1000) + 4 };
  assert.equal((await (await Person.named(soon)).list()).status, 200);
  for (const aud of [[AUDIENCE], ['https://other.example', AUDIENCE]]) assert.equal((await (await Person.named({ aud })).list()).status, 200);
  for (const scope of [{ scope: SCOPE.split(' ') }, { scope: undefined, scp: SCOPE }, { scope: undefined, scp: SCOPE.split(' ') }]) {
    assert.equal((await (await Person.named(scope)).list()).status, 200, JSON.stringify(scope));
  }
});

test('a token without the scope is told which', async () => {
  const sub = randomUUID();
  const [reader, writer, nobody] = await Promise.all(['todo_api:read', 'todo_api:write', 'openid'].map((scope) => Person.named({ sub, scope })));
  const [{ id }] = todosOf(await writer.add('milk'));
  for (const [method, path, more] of each(id)) {
    const reading = method === 'GET' || method === 'HEAD';
    const [allowed, refused] = reading ? [reader, writer] : [writer, reader];
    for (const person of [refused, nobody]) {
      const answer = await person.call(method, path, more);
      assert.equal(answer.status, 403, `${method} ${path}`);
      const scope = reading ? 'todo_api:read' : 'todo_api:write';
      assert.ok(answer.header('WWW-Authenticate')?.startsWith('Bearer error="insufficient_scope"'));
      assert.ok(answer.header('WWW-Authenticate')?.includes(`scope="${scope}"`));
    }
    assert.equal((await allowed.call(method, path, more)).status, 200, `${method} ${path}`);
  }
});

// ---- The contract ----

test('the list: open ones first, then by age', async () => {
  const ada = await Person.named();
  assert.deepEqual((await ada.list()).json, { todos: [] });
  for (const text of ['milk', ' bread ', 'salt 🧂']) assert.equal((await ada.add(text)).status, 200);
  const [milk, bread, salt] = todosOf(await ada.list());
  assert.deepEqual([milk.text, bread.text, salt.text], ['milk', 'bread', 'salt 🧂']);
  const completed = await ada.complete(milk.id, true);
  assert.deepEqual(todosOf(completed), [bread, salt, { ...milk, completed: true }]);
  assert.equal(completed.text, (await ada.list()).text);
  assert.deepEqual(todosOf(await ada.complete(milk.id, false)), [milk, bread, salt]);
  assert.deepEqual(todosOf(await ada.remove(bread.id)), [milk, salt]);
  assert.equal((await ada.remove(bread.id)).status, 404);
  assert.equal((await ada.complete(bread.id, true)).status, 404);
  const head = await ada.call('HEAD', '/api/todos');
  assert.equal(head.header('ETag'), (await ada.list()).header('ETag'));
  for (const answer of [completed, head]) assert.match(answer.header('Cache-Control') ?? '', /private, no-store/);
});

test("nobody sees or changes another's list", async () => {
  const [ada, bob] = [await Person.named(), await Person.named()];
  const [{ id }] = todosOf(await ada.add("Ada's"));
  await bob.add("Bob's");
  assert.equal((await bob.complete(id, true)).status, 404);
  assert.equal((await bob.remove(id)).status, 404);
  assert.deepEqual(textsOf(await ada.list()), ["Ada's"]);
  assert.deepEqual(textsOf(await bob.list()), ["Bob's"]);
  assert.equal((await bob.call('GET', '/api/changes')).json.changes.length, 1);
});

test('it is recorded who acted through whom', async () => {
  const sub = randomUUID();
  const deputy = await Person.named({ sub, act: { sub: 'mcp-server', act: { sub: 'gateway' } }, jti: 't1' });
  const self = await Person.named({ sub, act: undefined, client_id: undefined, azp: 'cli' });
  const [{ id }] = todosOf(await deputy.add('milk'));
  await self.complete(id, true);
  await deputy.remove(id);
  const answer = await self.call('GET', '/api/changes');
  const { changes } = answer.json;
  assert.deepEqual(changes.map((/** @type {any} */ change) => change.change), ['deleted', 'completed', 'added']);
  const { at, ...added } = changes[2];
  assert.deepEqual(added, { change: 'added', todo: id, sub, act: ['mcp-server', 'gateway'], client_id: 'mcp', jti: 't1' });
  assert.deepEqual([changes[1].act, changes[1].client_id, changes[1].jti], [[], 'cli', '']);
  const tag = { headers: { 'If-None-Match': answer.header('ETag') ?? '' } };
  for (const method of ['GET', 'HEAD']) assert.equal((await self.call(method, '/api/changes', tag)).status, 304);
  for (const method of ['GET', 'HEAD']) assert.equal((await self.call(method, '/api/changes', { headers: { 'If-Match': '"x"' } })).status, 412);
});

test('bodies are what the document says they are, and nothing else', async () => {
  const ada = await Person.named();
  const { NewTodo, Completion } = contract.document.components.schemas;
  const texts = ['', ' ', 'x', 'x'.repeat(500), 'x'.repeat(501), '🥛'.repeat(500), '🥛'.repeat(501), 'a\nb', 'a\u0000b', 'a\u007fb', 'a\u0085b', 'a\u2028b', '\u3000', 'é', 7, null, true, [], {}];
  const bodies = [...texts.map((todoText) => ({ todoText })), {}, { text: 'x' }, { todoText: 'x', more: 1 }, [], 'x', null, 7, { completed: true }];
  let added = 0;
  for (const body of bodies) {
    const answer = await ada.call('POST', '/api/todos', { body });
    const wrong = contract.wrong(NewTodo, body);
    assert.equal(answer.status, wrong ? 400 : 200, `${JSON.stringify(body).slice(0, 80)}: ${wrong} ${answer.text.slice(0, 200)}`);
    if (wrong) assert.ok(answer.json.errors.length > 0);
    else added++;
  }
  assert.equal(added, 4);
  const [{ id }] = todosOf(await ada.list());
  for (const body of [{ completed: true }, { completed: false }, { completed: 1 }, { completed: 'true' }, { completed: null }, {}, { completed: true, text: 'x' }, [], null]) {
    const wrong = contract.wrong(Completion, body);
    assert.equal((await ada.call('PATCH', `/api/todos/${id}`, { body })).status, wrong ? 400 : 200, JSON.stringify(body));
  }
  for (const text of ['', '{', '{"todoText":"a","todoText":"b"}', '{"todoText":"a"}}', "{'todoText':'a'}", `${'['.repeat(100)}${']'.repeat(100)}`]) {
    const answer = await ada.call('POST', '/api/todos', { text, headers: { 'Content-Type': 'application/json' } });
    assert.equal(answer.status, 400, text);
    assert.equal(answer.json.errors[0].pointer, '#');
  }
  assert.equal(todosOf(await ada.list()).length, added);
});

test('bodies have one type, and at most 16 KiB', async () => {
  const ada = await Person.named();
  const [{ id }] = todosOf(await ada.add('milk'));
  for (const [method, path, body] of [['POST', '/api/todos', { todoText: 'x' }], ['PATCH', `/api/todos/${id}`, { completed: true }]]) {
    const text = JSON.stringify(body);
    const [request, at] = [String(method), String(path)];
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', undefined]) {
      assert.equal((await ada.call(request, at, { text, headers: { 'Content-Type': type } })).status, 415, String(type));
    }
    assert.equal((await ada.call(request, at, { text, headers: { 'Content-Type': 'application/json; charset=utf-8' } })).status, 200);
    const large = text + ' '.repeat(16 * 1024 - text.length);
    assert.equal((await ada.call(request, at, { text: large })).status, 200);
    assert.equal((await ada.call(request, at, { text: `${large} ` })).status, 413, 'announced');
    assert.equal((await ada.call(request, at, { chunks: [large, ' '] })).status, 413, 'not announced');
  }
});

test('methods that an address does not know are named, those it knows too', async () => {
  const ada = await Person.named();
  for (const [path, allow] of [['/api/todos', 'GET, HEAD, POST'], ['/api/todos/x', 'PATCH, DELETE'], ['/api/changes', 'GET, HEAD'], ['/', 'GET, HEAD'], ['/openapi.json', 'GET, HEAD']]) {
    for (const method of ['PUT', 'OPTIONS']) {
      const answer = await ask(stack.url + path, { method, headers: { Authorization: `Bearer ${ada.token}`, Origin: 'https://app.example' } });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.equal(answer.header('Allow'), allow);
      assert.equal(answer.header('Access-Control-Allow-Origin'), null);
    }
  }
  for (const path of ['/api/todos/', '/api/todos/x/y', '/api', '/nothing']) assert.equal((await ask(stack.url + path)).status, 404, path);
});

test('everybody may read what this is', async () => {
  assert.deepEqual((await call(undefined, 'GET', '/openapi.json')).json, contract.document);
  assert.match((await call(undefined, 'GET', '/')).text, /openapi\.json/);
  const { resource, authorization_servers, scopes_supported } = (await call(undefined, 'GET', '/.well-known/oauth-protected-resource')).json;
  assert.deepEqual([resource, authorization_servers, scopes_supported], [AUDIENCE, [issuer.url], SCOPE.split(' ')]);
  assert.equal((await ask(`${stack.url}/.well-known/oauth-protected-resource/v1`)).status, 200);
});

// ---- Many at once ----

test('of a hundred that add at once, none is lost and none doubled', async () => {
  const ada = await Person.named();
  const texts = Array.from({ length: 100 }, (_, index) => `todo ${index}`);
  const answers = await Promise.all(texts.map((text) => ada.add(text)));
  answers.forEach((answer, index) => assert.ok(textsOf(answer).includes(texts[index]), 'each sees its own'));
  const list = await ada.list();
  assert.deepEqual(textsOf(list).sort(), [...texts].sort());
  const ids = todosOf(list).map(({ id }) => id);
  assert.equal(new Set(ids).size, 100);
  assert.deepEqual(ids, [...ids].sort());
  assert.deepEqual(answers.map((answer) => todosOf(answer).length).sort((a, b) => a - b), texts.map((_, index) => index + 1), 'one after the other');
});

test('of many who change the list that they read, one does', async () => {
  const ada = await Person.named();
  const read = await ada.add('milk');
  const [{ id }] = todosOf(read);
  const tag = { 'If-Match': read.header('ETag') ?? '' };
  const writes = Array.from({ length: 20 }, (_, index) => [() => ada.add(`todo ${index}`, tag), () => ada.complete(id, true, tag), () => ada.remove(id, tag)][index % 3]());
  const statuses = (await Promise.all(writes)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 1);
  assert.ok(statuses.every((status) => [200, 412, 404].includes(status)), String(statuses));
  const kept = await ada.add('bread');
  const removal = await ada.remove(todosOf(kept)[0].id, tag);
  assert.equal(removal.status, 412);
  assert.equal((await ada.complete(todosOf(kept)[0].id, true, tag)).status, 412);
  assert.equal((await ada.list()).text, kept.text);
  assert.equal((await ada.add('salt', { 'If-Match': kept.header('ETag') ?? '' })).status, 200);
});

test('a list that has not changed is not sent again', async () => {
  const ada = await Person.named();
  const tag = (await ada.add('milk')).header('ETag') ?? '';
  for (const method of ['GET', 'HEAD']) {
    assert.equal((await ada.call(method, '/api/todos', { headers: { 'If-None-Match': tag } })).status, 304);
    assert.equal((await ada.call(method, '/api/todos', { headers: { 'If-Match': '"x"' } })).status, 412);
  }
  await ada.add('bread');
  assert.equal((await ada.list({ 'If-None-Match': tag })).status, 200);
});

test('an addition that comes again under its key is made once', async () => {
  const ada = await Person.named();
  const key = { 'Idempotency-Key': `"${randomUUID()}"` };
  const answers = await Promise.all(Array.from({ length: 20 }, () => ada.add('milk', key)));
  for (const answer of answers) assert.deepEqual(textsOf(answer), ['milk']);
  assert.equal((await ada.add('bread', key)).status, 422);
  assert.equal((await ada.add('bread', { 'Idempotency-Key': 'two words' })).status, 400);
  assert.equal((await ada.call('GET', '/api/changes')).json.changes.length, 1);
  const other = await Person.named();
  assert.deepEqual(textsOf(await other.add('bread', key)), ['bread'], 'a key is its own of each person');
});

test('a list is full with a thousand', async () => {
  const ada = await Person.named();
  const { maxItems } = contract.document.components.schemas.Todos.properties.todos;
  const [{ id: first }] = todosOf(await ada.add('first'));
  await stack.stop();
  const database = databaseOf(ada.sub);
  const insert = database.prepare("INSERT INTO todos (id, text, completed) VALUES (?, 'x', 0)");
  for (let i = 1; i < maxItems - 1; i++) insert.run(`00000000-0000-7000-8000-${String(i).padStart(12, '0')}`);
  database.close();
  await start();
  assert.equal(todosOf(await ada.add('last')).length, maxItems);
  const refused = await ada.add('x');
  assert.equal(refused.status, 409);
  assert.match(refused.json.detail, /1000 todos/);
  await ada.remove(first);
  assert.equal((await ada.add('x')).status, 200);
});

// ---- The issuer changes, or does not answer ----

test('new keys are found, and old ones are good no more', async () => {
  const sub = randomUUID();
  const old = await Person.named({ sub });
  await old.add('milk');
  await issuer.rotate();
  const anew = await Person.named({ sub });
  await until('the new key is taken', async () => {
    const { status } = await anew.list();
    assert.ok([200, 401].includes(status), String(status));
    return status === 200;
  });
  assert.deepEqual(textsOf(await anew.list()), ['milk'], 'the human is the same');
  assert.equal((await old.list()).status, 401);
  const asked = issuer.asked;
  await Promise.all(Array.from({ length: 10 }, () => anew.list()));
  assert.equal(issuer.asked, asked, 'known keys are not asked for again');
});

test('while the issuer does not answer, known keys are good, and nobody is told that their token is bad', async (t) => {
  t.after(() => (issuer.down = false));
  const ada = await Person.named();
  assert.equal((await ada.add('milk')).status, 200);
  issuer.down = true;
  const unknown = await Person.named({}, { key: { ...issuer.key('RS256'), kid: 'unknown' } });
  await until('the keys are looked for', async () => (await unknown.list()).status === 503);
  assert.equal((await unknown.list()).header('WWW-Authenticate'), null);
  assert.deepEqual(textsOf(await ada.list()), ['milk']);

  await stack.stop();
  await start();
  for (const [method, path, more] of each()) {
    const answer = await ada.call(method, path, more);
    assert.equal(answer.status, 503, `${method} ${path}`);
    assert.equal(answer.header('WWW-Authenticate'), null);
  }
  issuer.down = false;
  assert.deepEqual(textsOf(await ada.list()), ['milk'], 'at once, and with all that was there');
});

test('where the deployment says what an access token is, nothing else is one', async () => {
  await stack.stop();
  await start({ API_TOKEN_TYPE: 'at+jwt', API_JWKS_URI: `${issuer.url}/pf/JWKS` });
  assert.equal((await (await Person.named()).list()).status, 401);
  for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT']) assert.equal((await (await Person.named({}, { typ })).list()).status, 200, typ);
});

describe('without its settings', () => {
  before(async () => {
    await stack.stop();
    await start({ API_ISSUER: '', API_AUDIENCE: '' });
  });

  test('it says which are missing, and where to set them', async () => {
    for (const [method, path, more] of [...each(), /** @type {[string, string, More]} */ (['GET', '/.well-known/oauth-protected-resource', {}])]) {
      const answer = await call('a.b.c', method, path, more);
      assert.equal(answer.status, 503, path);
      if (method === 'HEAD') continue;
      assert.deepEqual(answer.json.settings.map((/** @type {any} */ { variable }) => variable), ['API_ISSUER', 'API_AUDIENCE']);
      for (const { advice } of answer.json.settings) assert.match(advice, /wrangler\.toml/);
    }
    assert.equal((await call(undefined, 'GET', '/openapi.json')).status, 200);
  });
});

test('everything that the document says may come has come', () => {
  assert.deepEqual(contract.unseen, []);
  const ids = contract.operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
});
