/** `pnpm deploy` and `pnpm deploy:todo`, with a wrangler and a wrangler.toml that are only for show; and whose issuer is meant. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { SHOP } from '../../scripts/deploy.js';
import { todoDeployments } from '../../scripts/deploy-todo.js';
import { Deployment, deploy, likelyUrl } from '../../scripts/deployment.js';
import { issuerOf } from '../../scripts/dev-vars.js';
import { Failure, PROJECT } from '../../scripts/run.js';
import { missingNamespaces, variable, withNamespace, withVariable, workerName } from '../../scripts/wrangler-config.js';

/** wrangler.toml as nobody has deployed it yet. */
const TOML = readFileSync(join(PROJECT, 'wrangler.toml'), 'utf8')
  .replaceAll(/^PUBLIC_URL = .*\n/gm, '')
  .replaceAll(/^(API_ISSUER|API_AUDIENCE|API_URL|PING_FEDERATE_ISSUER|MCP_SERVER_CLIENT_ID) = .*$/gm, '$1 = ""');

/** An account at Cloudflare, and somebody at the terminal. */
class Account {
  toml = TOML;
  /** @type {string[]} */
  commands = [];
  /** @type {{ title: string, id: string }[]} */
  namespaces = [];
  /** Of each Worker. @type {Record<string, Record<string, string>>} */
  secrets = {};
  /** wrangler.toml at each upload. @type {string[]} */
  uploads = [];
  /** What the person was asked. @type {string[]} */
  questions = [];
  /** What they answer. @type {Record<string, string>} */
  answers = { 'Issuer of': 'https://auth.example.com', 'client id': 'mcp', secret: 'hush', WorkOS: 'workos', 'Go on': 'y' };
  loggedIn = true;

  /** @param {Record<string, string>} [env] */
  constructor(env = {}) {
    this.env = env;
  }

  /** @returns {import('../../scripts/deployment.js').World} */
  get world() {
    return {
      read: () => this.toml,
      write: (toml) => void (this.toml = toml),
      wrangler: async (parameters, options) => this.#wrangler(parameters, options),
      ask: async (question) => {
        this.questions.push(question);
        const [, answer] = Object.entries(this.answers).find(([part]) => question.toLowerCase().includes(part.toLowerCase())) ?? [];
        if (answer === undefined) throw new Error(`nobody expected to be asked: ${question}`);
        return answer;
      },
      env: this.env,
      interactive: false,
    };
  }

  /** @param {string[]} parameters @param {import('../../scripts/run.js').RunOptions} options */
  #wrangler(parameters, options) {
    const line = parameters.join(' ').replace(/--secrets-file \S+/, '--secrets-file FILE');
    this.commands.push(line);
    const done = (stdout = '', status = 0) => ({ status, stdout, output: stdout, seconds: 0 });
    const environment = parameters.includes('--env') ? parameters[parameters.indexOf('--env') + 1] : undefined;
    const worker = workerName(this.toml, environment);
    if (line === 'whoami --json') return done(JSON.stringify({ accounts: [{ id: 'a', name: 'A' }] }), this.loggedIn ? 0 : 1);
    if (line === 'kv namespace list') return done(JSON.stringify(this.namespaces));
    if (line.startsWith('kv namespace create ')) {
      this.namespaces.push({ title: parameters[3], id: `id-of-${parameters[3]}` });
      return done();
    }
    if (line.startsWith('secret list')) {
      if (!this.secrets[worker]) return done('Worker "x" not found. [code: 10007]', 1);
      return done(JSON.stringify(Object.keys(this.secrets[worker]).map((name) => ({ name, type: 'secret_text' }))));
    }
    if (line.startsWith('deploy --dry-run')) return done();
    assert.equal(parameters[0], 'deploy', line);
    const at = parameters.indexOf('--secrets-file');
    const added = at < 0 ? {} : JSON.parse(readFileSync(parameters[at + 1], 'utf8'));
    this.secrets[worker] = { ...this.secrets[worker], ...added };
    this.uploads.push(this.toml);
    const report = { type: 'deploy', targets: [`https://${worker}.me.workers.dev`] };
    writeFileSync(String(options.env?.WRANGLER_OUTPUT_FILE_PATH), `${JSON.stringify({ type: 'wrangler-session' })}\n${JSON.stringify(report)}\n`);
    return done();
  }
}

/** @type {string} */
let said;
beforeEach(() => {
  said = '';
  mock.method(console, 'log', (/** @type {unknown} */ text = '') => void (said += `${text}\n`));
});
afterEach(() => mock.restoreAll());

/** @param {Account} account @param {{ issuer?: string, clientId?: string }} [given] @param {{ dryRun?: boolean, yes?: boolean }} [options] */
async function deployTodo(account, given = {}, options = { yes: true }) {
  const { api, server } = todoDeployments(given, account.world);
  await deploy([api, server], options, () => `at ${server.url ?? likelyUrl(server)}, API at ${api.url ?? likelyUrl(api)}`, account.world);
}

describe('pnpm deploy:todo', () => {
  test('from nothing: both Workers, the API first, and each knows what it must', async () => {
    const account = new Account();
    await deployTodo(account, {}, {});
    const { toml } = account;
    assert.equal(variable(toml, 'API_ISSUER', 'todo-api'), 'https://auth.example.com');
    assert.equal(variable(toml, 'API_AUDIENCE', 'todo-api'), 'https://todo-api.me.workers.dev');
    assert.equal(variable(toml, 'PING_FEDERATE_ISSUER', 'todo'), 'https://auth.example.com');
    assert.equal(variable(toml, 'MCP_SERVER_CLIENT_ID', 'todo'), 'mcp');
    assert.equal(variable(toml, 'API_URL', 'todo'), 'https://todo-api.me.workers.dev');
    assert.equal(variable(toml, 'PUBLIC_URL', 'todo'), 'https://mcp-todo.me.workers.dev');
    assert.equal(variable(toml, 'PUBLIC_URL'), undefined, "the shop's is not touched");
    assert.deepEqual(missingNamespaces(toml, 'todo'), []);
    assert.equal(missingNamespaces(toml).length, missingNamespaces(TOML).length);

    assert.deepEqual(Object.keys(account.secrets['mcp-todo']).sort(), ['AUTHORITY_SECRET', 'MCP_SERVER_CLIENT_SECRET']);
    assert.equal(account.secrets['mcp-todo'].MCP_SERVER_CLIENT_SECRET, 'hush');
    assert.ok(account.secrets['mcp-todo'].AUTHORITY_SECRET.length >= 32);
    assert.deepEqual(account.secrets['todo-api'], {});
    assert.ok(!toml.includes('hush'));
    assert.deepEqual(account.commands.filter((line) => line.startsWith('deploy')), [
      'deploy --env todo-api', 'deploy --env todo-api', 'deploy --env todo --secrets-file FILE', 'deploy --env todo',
    ]);
    assert.equal(account.questions.filter((question) => /Issuer/.test(question)).length, 1, 'nothing is asked twice');
    assert.match(said, /at https:\/\/mcp-todo\.me\.workers\.dev, API at https:\/\/todo-api\.me\.workers\.dev/);
    assert.ok(!said.includes('hush'));
  });

  test('a second time: the code alone, and nobody is asked', async () => {
    const account = new Account();
    await deployTodo(account);
    const { toml, secrets } = account;
    account.commands = [];
    account.questions = [];
    await deployTodo(account);
    assert.equal(account.toml, toml);
    assert.deepEqual(account.secrets, secrets);
    assert.deepEqual(account.commands, ['whoami --json', 'deploy --env todo-api', 'secret list --format json --env todo', 'deploy --env todo']);
    assert.deepEqual(account.questions, []);
    assert.match(said, /at https:\/\/mcp-todo\.me\.workers\.dev, API at/);
  });

  test('what is given by options or by the environment is not asked for', async () => {
    const account = new Account({ MCP_SERVER_CLIENT_SECRET: 'from the environment', PING_FEDERATE_ISSUER: 'https://not-this.example' });
    await deployTodo(account, { issuer: 'https://option.example', clientId: 'option' });
    assert.deepEqual(account.questions, []);
    assert.equal(variable(account.toml, 'API_ISSUER', 'todo-api'), 'https://option.example');
    assert.equal(variable(account.toml, 'PING_FEDERATE_ISSUER', 'todo'), 'https://option.example');
    assert.equal(variable(account.toml, 'MCP_SERVER_CLIENT_ID', 'todo'), 'option');
    assert.equal(account.secrets['mcp-todo'].MCP_SERVER_CLIENT_SECRET, 'from the environment');
  });

  test('AuthKit, by its domain, is the issuer of both', async () => {
    const account = new Account();
    account.toml = withVariable(TOML, 'WORKOS_AUTHKIT_DOMAIN', 'auth.authkit.app', 'todo');
    await deployTodo(account);
    assert.equal(variable(account.toml, 'API_ISSUER', 'todo-api'), 'https://auth.authkit.app');
    assert.ok(account.questions.every((question) => !/Issuer/.test(question)));
  });

  test('a dry run changes nothing and asks nothing', async () => {
    const account = new Account();
    await deployTodo(account, {}, { dryRun: true });
    assert.equal(account.toml, TOML);
    assert.deepEqual(account.commands, ['deploy --dry-run --env todo-api', 'deploy --dry-run --env todo']);
    assert.deepEqual(account.questions, []);
    assert.match(said, /To deploy todo-api and mcp-todo:/);
    for (const step of ['wrangler kv namespace create mcp-todo-AUDIT', 'wrangler deploy --env todo-api', 'wrangler secret list --env todo', 'wrangler deploy --env todo --secrets-file']) {
      assert.ok(said.includes(step), step);
    }
    assert.match(said, /at https:\/\/mcp-todo\.YOUR-SUBDOMAIN\.workers\.dev, .*This was a dry run: nothing was changed\./s);
  });

  test('a no, an issuer that is none, and nobody logged in: nothing is done', async () => {
    /** @type {[string, (account: Account) => void, RegExp][]} */
    const cases = [
      ['no', (account) => (account.answers['Go on'] = 'n'), /Nothing was done/],
      ['http', (account) => (account.answers['Issuer of'] = 'http://auth.example.com'), /begins with https/],
      ['nothing', (account) => (account.answers['Issuer of'] = ''), /PING_FEDERATE_ISSUER is needed/],
      ['nobody', (account) => (account.loggedIn = false), /Nobody is logged in/],
    ];
    for (const [what, change, expected] of cases) {
      const account = new Account();
      change(account);
      await assert.rejects(deployTodo(account, {}, {}), (/** @type {Error} */ error) => error instanceof Failure && expected.test(error.message), what);
      assert.deepEqual(account.uploads, [], what);
      assert.equal(account.toml, TOML, what);
    }
  });

  test('stopped halfway, it goes on where it was', async () => {
    const account = new Account();
    account.answers['client id'] = '';
    await assert.rejects(deployTodo(account), /MCP_SERVER_CLIENT_ID is needed/);
    assert.equal(variable(account.toml, 'API_AUDIENCE', 'todo-api'), 'https://todo-api.me.workers.dev');
    account.answers['client id'] = 'mcp';
    account.questions = [];
    await deployTodo(account);
    assert.equal(variable(account.toml, 'API_URL', 'todo'), 'https://todo-api.me.workers.dev');
    assert.ok(account.questions.every((question) => !/Issuer/.test(question)));
    assert.equal(account.namespaces.length, 1);
  });
});

describe('pnpm deploy', () => {
  test('the shop, from nothing and again', async () => {
    const account = new Account();
    const run = async () => {
      const shop = new Deployment(SHOP, account.world);
      await deploy([shop], { yes: true }, () => `at ${shop.url}`, account.world);
    };
    await run();
    assert.equal(variable(account.toml, 'PUBLIC_URL'), 'https://mcp-shop.me.workers.dev');
    assert.equal(variable(account.toml, 'PUBLIC_URL', 'todo'), undefined);
    assert.deepEqual(missingNamespaces(account.toml), []);
    assert.equal(missingNamespaces(account.toml, 'todo').length, 1);
    assert.deepEqual(account.namespaces.map(({ title }) => title), ['mcp-shop-OAUTH_KV', 'mcp-shop-ORDERS', 'mcp-shop-AUDIT']);
    assert.deepEqual(Object.keys(account.secrets['mcp-shop']).sort(), ['AUTHORITY_SECRET', 'WORKOS_API_KEY', 'WORKOS_CLIENT_ID']);
    assert.match(said, /at https:\/\/mcp-shop\.me\.workers\.dev/);
    const { toml } = account;
    account.commands = [];
    await run();
    assert.equal(account.toml, toml);
    assert.deepEqual(account.commands, ['whoami --json', 'secret list --format json', 'deploy']);
  });
});

describe('wrangler.toml', () => {
  test('is read by its tables', () => {
    assert.deepEqual([undefined, 'todo', 'todo-api'].map((environment) => workerName(TOML, environment)), ['mcp-shop', 'mcp-todo', 'todo-api']);
    assert.deepEqual(missingNamespaces(TOML).map(({ binding }) => binding), ['OAUTH_KV', 'ORDERS', 'AUDIT']);
    assert.deepEqual(missingNamespaces(TOML, 'todo').map(({ binding }) => binding), ['AUDIT']);
    assert.equal(variable(TOML, 'DEMO_MODE'), 'false');
    assert.equal(variable(TOML, 'API_URL', 'todo'), undefined, 'empty says nothing');
  });

  test('is changed in one line, whatever the value', () => {
    const value = 'https://a.example/$&?"\\x';
    for (const environment of [undefined, 'todo', 'todo-api']) {
      const changed = withVariable(TOML, 'DEMO_MODE', value, environment);
      assert.equal(variable(changed, 'DEMO_MODE', environment), value);
      const [before, after] = [TOML.split('\n'), changed.split('\n')];
      assert.equal(after.filter((line) => !before.includes(line)).length, 1);
      assert.ok(after.length - before.length <= 1);
      assert.equal(variable(withVariable(changed, 'DEMO_MODE', 'off', environment), 'DEMO_MODE', environment), 'off');
    }
    const [{ placeholder }] = missingNamespaces(TOML, 'todo');
    assert.equal(missingNamespaces(withNamespace(TOML, placeholder, 'abc')).length, 3);
  });
});

test('the issuer of pnpm dev:todo is a real one where .dev.vars.todo has all that it takes, and no half of it', () => {
  const client = { MCP_SERVER_CLIENT_ID: 'mcp', MCP_SERVER_CLIENT_SECRET: 'hush' };
  assert.equal(issuerOf({}), undefined);
  assert.equal(issuerOf({ API_URL: 'http://localhost:1', AUTHORITY_SECRET: 'x' }), undefined);
  assert.equal(issuerOf({ ...client, PING_FEDERATE_ISSUER: 'https://a.example' }), 'https://a.example');
  assert.equal(issuerOf({ ...client, PING_FEDERATE_ISSUER: 'https://a.example', ISSUER: 'https://b.example' }), 'https://b.example');
  for (const domain of ['c.authkit.app', 'https://c.authkit.app/']) assert.equal(issuerOf({ ...client, WORKOS_AUTHKIT_DOMAIN: domain }), 'https://c.authkit.app');
  for (const [half, missing] of /** @type {[Record<string, string>, RegExp][]} */ ([
    [client, /PING_FEDERATE_ISSUER must be/],
    [{ ISSUER: 'https://a.example' }, /MCP_SERVER_CLIENT_ID and MCP_SERVER_CLIENT_SECRET must be/],
    [{ ISSUER: 'https://a.example', MCP_SERVER_CLIENT_ID: 'mcp' }, /use an issuer of your own, MCP_SERVER_CLIENT_SECRET must be/],
  ])) assert.throws(() => issuerOf(half), (/** @type {Error} */ error) => error instanceof Failure && missing.test(error.message));
});
