/** A purchase that lacks something: the human is asked by a form, in every revision that has forms. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Machine } from '../support/machine.js';
import { META, MODERN, codeOf, message, modernHeaders, modernMessage, notification, resultOf, textOf } from '../support/mcp.js';

/** @typedef {import('../support/deputy.js').Deputy} Deputy */
/** @typedef {import('../support/events.js').EventStream} EventStream */
/** @typedef {import('../support/mcp.js').ToolResult} ToolResult */

const KNOWN = { company: 'Acme' };
const FILLED_IN = { mailingAddress: '1 Road\nTown', tshirtSize: 'XL' };
const SIZES = ['S', 'M', 'L', 'XL', 'XXL'];
const TITLES = ['S (small)', 'M (medium)', 'L (large)', 'XL (extra large)', 'XXL (double extra large)'];
const FORMS = { elicitation: {} };
const INVALID_PARAMS = -32602;
const BANNED = 'ABSOLUTELY NOT. GO AWAY 👋';

const machine = new Machine();
/** @type {Deputy} */
let ada;
/** Ada too, by another client. @type {Deputy} */
let adasOther;

before(async () => {
  await machine.start();
  ada = await machine.appoint();
  adasOther = await machine.appoint();
});
after(() => machine.stop());

const accept = (/** @type {object} */ content) => ({ action: 'accept', content });

/** @returns {Promise<any[]>} */
const orders = async () => (await ada.mcp.call('listMcpShopOrders', { limit: 200 })).structuredContent.orders;

/** What came of a call that must have bought something: the order. @param {ToolResult} result */
function orderOf(result) {
  assert.ok(!result.isError, textOf(result));
  return result.structuredContent.order;
}

/** @param {ToolResult} result @param {RegExp} words */
function assertRefused(result, words) {
  assert.equal(result.isError, true, textOf(result));
  assert.match(textOf(result), words);
}

/**
 * One purchase, from the call to its result, with a question at a time.
 * @typedef {object} Dialogue
 * @property {any} question params of elicitation/create; nothing where the call has ended
 * @property {ToolResult | undefined} result
 * @property {(answer: object) => Promise<Dialogue>} answer
 */

/** Where there are sessions: the question comes on the call's stream, the answer is posted. */
class LegacyCall {
  /** @type {any} */ request;
  /** @type {ToolResult | undefined} */ result;

  /** @param {import('../support/mcp.js').Session} session @param {EventStream} stream @param {number} id */
  constructor(session, stream, id) {
    this.session = session;
    this.stream = stream;
    this.id = id;
  }

  /** @param {import('../support/mcp.js').Session} session @param {object} args */
  static async begin(session, args) {
    const call = message('tools/call', { name: 'buyMcpShopItem', arguments: args });
    const stream = await session.stream(call);
    assert.equal(stream.headers['content-type'], 'text/event-stream');
    return new LegacyCall(session, stream, call.id).#next();
  }

  get question() {
    return this.request?.params;
  }

  async #next() {
    const received = await this.stream.message();
    this.request = received.method && received;
    if (this.request) {
      assert.equal(this.request.method, 'elicitation/create');
    } else {
      assert.equal(received.id, this.id);
      this.result = received.result;
      assert.deepEqual(await this.stream.rest(), [], 'the answer is the last word');
    }
    return this;
  }

  /** @param {object} response */
  async respond(response) {
    const posted = await this.session.post({ jsonrpc: '2.0', id: this.request.id, ...response });
    assert.equal(posted.status, 202);
    return this.#next();
  }

  /** @param {object} answer */
  answer(answer) {
    return this.respond({ result: answer });
  }
}

/** Without sessions: the answer says what is required, and the call is sent anew with it. */
class ModernCall {
  /** @type {any} */ question;
  /** @type {ToolResult | undefined} */ result;
  key = '';
  state = '';

  /** @param {Deputy} deputy @param {object} args */
  constructor(deputy, args) {
    this.deputy = deputy;
    this.params = { name: 'buyMcpShopItem', arguments: args, _meta: { [META.capabilities]: FORMS } };
  }

  /** @param {Deputy} deputy @param {object} args */
  static begin(deputy, args) {
    return new ModernCall(deputy, args).#send({});
  }

  /** @param {object} more */
  async #send(more) {
    const result = resultOf(await this.send(more));
    if (result.resultType === 'input_required') {
      [[this.key, { params: this.question }]] = /** @type {any[]} */ (Object.entries(result.inputRequests));
      assert.equal(Object.keys(result.inputRequests).length, 1);
      assert.equal(result.inputRequests[this.key].method, 'elicitation/create');
      this.state = result.requestState;
    } else {
      this.question = undefined;
      this.result = result;
    }
    return this;
  }

  /** The call with something more or other in its params. @param {object} more @param {Deputy} [deputy] */
  send(more, deputy = this.deputy) {
    return deputy.mcp.modern('tools/call', { ...this.params, ...more });
  }

  /** What belongs to an answer. @param {object} answer */
  retry(answer) {
    return { inputResponses: { [this.key]: answer }, requestState: this.state };
  }

  /** @param {object} answer */
  answer(answer) {
    return this.#send(this.retry(answer));
  }
}

/** @type {Record<string, (args: object) => Promise<Dialogue>>} */
const REVISIONS = {
  '2025-06-18': async (args) => LegacyCall.begin(await ada.mcp.open('2025-06-18', FORMS), args),
  '2025-11-25': async (args) => LegacyCall.begin(await ada.mcp.open('2025-11-25', { elicitation: { form: {}, url: {} } }), args),
  [MODERN]: (args) => ModernCall.begin(ada, args),
};

for (const [revision, begin] of Object.entries(REVISIONS)) {
  describe(revision, () => {
    test('the form asks for what is missing, and for nothing else; what is answered is bought, once', async () => {
      const before = await orders();
      const asked = await begin(KNOWN);
      const { mode, message: words, requestedSchema, ...rest } = asked.question;
      assert.deepEqual(rest, {});
      assert.equal(mode, revision >= '2025-11-25' ? 'form' : undefined);
      assert.match(words, /The MCP Shop is to send you 1 × MCP T-Shirt.*\nThe company you work for: Acme$/s, 'the human sees what the agent filled in');
      const choices = revision >= '2025-11-25' ? { oneOf: SIZES.map((size, i) => ({ const: size, title: TITLES[i] })) } : { enum: SIZES, enumNames: TITLES };
      assert.deepEqual(requestedSchema, {
        type: 'object',
        properties: {
          mailingAddress: { type: 'string', title: 'The full postal address that the shirt is sent to', minLength: 1, maxLength: 500 },
          tshirtSize: { type: 'string', title: 'The size of the T-shirt', ...choices },
        },
        required: ['mailingAddress', 'tshirtSize'],
      });
      assert.deepEqual(await orders(), before, 'nothing is bought before the answer');

      const { result } = await asked.answer(accept(FILLED_IN));
      const { id, userId, email, orderDate, status, ...bought } = orderOf(/** @type {ToolResult} */ (result));
      assert.deepEqual(bought, { ...KNOWN, ...FILLED_IN, item: 'mcp-tshirt', quantity: 1, minorUnits: 0, currency: 'EUR' });
      const after = await orders();
      assert.equal(after.length, before.length + 1);
      assert.equal(after[0].id, id);
    });

    test('all three can be missing', async () => {
      const asked = await begin({});
      assert.deepEqual(Object.keys(asked.question.requestedSchema.properties), ['company', 'mailingAddress', 'tshirtSize']);
      const { result } = await asked.answer(accept({ ...KNOWN, ...FILLED_IN }));
      assert.equal(orderOf(/** @type {ToolResult} */ (result)).company, 'Acme');
    });

    test('nobody is asked where all is given, and what is given wrong is no question', async () => {
      assert.equal(orderOf(/** @type {any} */ ((await callOnce(revision, { ...KNOWN, ...FILLED_IN }))).result).company, 'Acme');
      assertRefused((await callOnce(revision, { company: ' ' })).result, /One line of text, not blank/);
    });

    for (const [action, words] of /** @type {const} */ ([['decline', /Your human declined to give what the order lacks\. Nothing was bought/], ['cancel', /closed the shop's form without an answer\. Nothing was bought/]])) {
      test(`${action}: nothing is bought, and the agent hears why`, async () => {
        const before = await orders();
        const { result } = await (await begin(KNOWN)).answer({ action });
        assertRefused(/** @type {ToolResult} */ (result), words);
        assert.deepEqual(await orders(), before);
      });
    }

    test('what the human fills in is checked like arguments, and they are told what to mend', async () => {
      const before = await orders();
      let asked = await begin({ tshirtSize: 'M' });
      const first = asked.question;
      // What the form itself rules out is no answer: the same question comes again.
      for (const content of [{}, { company: 'Acme' }, { company: '', mailingAddress: '1 Road' }, { company: 'Acme', mailingAddress: 'x'.repeat(501) }, { company: 7, mailingAddress: '1 Road' }, { company: 'Acme', mailingAddress: null }]) {
        asked = await asked.answer(accept(content));
        assert.deepEqual(asked.question, first);
      }
      for (const answer of [{ action: 'whatever' }, {}, { action: 'accept' }]) {
        asked = await asked.answer(answer);
        assert.deepEqual(asked.question, first);
      }
      asked = await asked.answer(accept({ company: 'Ac\u0007me', mailingAddress: '1 Road' }));
      assert.equal(asked.question.message, 'This cannot be used yet:\nThe company you work for: One line of text, not blank, without control characters.');
      assert.deepEqual(asked.question.requestedSchema, first.requestedSchema);
      asked = await asked.answer(accept({ company: 'Acme\nInc', mailingAddress: ' \n ' }));
      assert.match(asked.question.message, /\nThe company you work for: One line.*\nThe full postal address.*: Text of one or more lines, not blank/);
      assert.deepEqual(await orders(), before);
      const { result } = await asked.answer(accept({ company: 'Acme', mailingAddress: '1 Road', somethingElse: 'that a client adds' }));
      assert.equal(orderOf(/** @type {ToolResult} */ (result)).mailingAddress, '1 Road');
      assert.equal((await orders()).length, before.length + 1);
    });

    test('the third form that cannot be used is the last', async () => {
      const before = await orders();
      let asked = await begin({ ...FILLED_IN });
      for (let i = 0; i < 3; i++) {
        assert.ok(asked.question);
        asked = await asked.answer(accept({ company: ' ' }));
      }
      assertRefused(/** @type {ToolResult} */ (asked.result), /^What your human filled in cannot be used:\nThe company you work for: .*\nNothing was bought\.$/);
      assert.deepEqual(await orders(), before);
    });

    test('a call that is repeated with its key asks nobody again', async () => {
      const key = { idempotencyKey: `asked once ${revision}` };
      const { result } = await (await begin({ ...KNOWN, ...key })).answer(accept(FILLED_IN));
      const order = orderOf(/** @type {ToolResult} */ (result));
      const again = (await callOnce(revision, { ...KNOWN, ...key })).result;
      assert.equal(JSON.parse(textOf(again)).message, 'This order was already placed; nothing new was bought.');
      assert.deepEqual(orderOf(again), order);
      assertRefused((await callOnce(revision, { company: 'Other', ...key })).result, /belongs to an earlier order with other arguments/);
      const [one, other] = [await begin({ idempotencyKey: `${revision} twice` }), await begin({ idempotencyKey: `${revision} twice` })];
      const first = orderOf(/** @type {any} */ ((await one.answer(accept({ ...KNOWN, ...FILLED_IN }))).result));
      assert.deepEqual(orderOf(/** @type {any} */ ((await other.answer(accept({ ...KNOWN, ...FILLED_IN }))).result)), first, 'two forms, one purchase');
    });

    test('a ban that comes while the form is open holds for its answer', async () => {
      const before = await orders();
      const asked = await begin(KNOWN);
      await adasOther.mcp.call('setDemoMode', { mode: 'banned' });
      const { result } = await asked.answer(accept(FILLED_IN));
      await adasOther.mcp.call('clearDemoMode');
      assertRefused(/** @type {ToolResult} */ (result), new RegExp(BANNED));
      assert.deepEqual(await orders(), before);
    });

    test('the question survives the end of the process', async () => {
      const before = await orders();
      const asked = await begin(KNOWN);
      await machine.crash();
      await machine.start();
      if (asked instanceof LegacyCall) {
        // The connection is lost with the process: the client comes back for the rest of the stream.
        assert.equal((await asked.session.post({ jsonrpc: '2.0', id: asked.request.id, result: accept(FILLED_IN) })).status, 202);
        const resumed = await asked.session.stream(undefined, { 'Last-Event-ID': asked.stream.lastId });
        orderOf((await resumed.message()).result);
      } else {
        orderOf(/** @type {ToolResult} */ ((await asked.answer(accept(FILLED_IN))).result));
      }
      assert.equal((await orders()).length, before.length + 1);
    });
  });
}

/** A call that asks nothing. @param {string} revision @param {object} args @returns {Promise<{ result: ToolResult }>} */
async function callOnce(revision, args) {
  if (revision === MODERN) return { result: /** @type {ToolResult} */ ((await ModernCall.begin(ada, args)).result) };
  return { result: await (await ada.mcp.open(revision, FORMS)).call('buyMcpShopItem', args) };
}

describe('a client that cannot show a form', () => {
  const refusal = /^The arguments of buyMcpShopItem are not valid:\n- \/mailingAddress is missing\. Needed: where the shirt is sent, the full postal address\.\n- \/tshirtSize is missing\. Needed: the size of the T-shirt, one of S, M, L, XL, XXL\.\nNothing was bought\./;

  for (const [what, capabilities] of Object.entries({ 'says nothing of forms': {}, 'can open pages alone': { elicitation: { url: {} } } })) {
    test(`because it ${what}, is told what to give`, async () => {
      for (const revision of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
        assertRefused(await (await ada.mcp.open(revision, capabilities)).call('buyMcpShopItem', KNOWN), refusal);
      }
      assertRefused(resultOf(await ada.mcp.modern('tools/call', { name: 'buyMcpShopItem', arguments: KNOWN, _meta: { [META.capabilities]: capabilities } })), refusal);
    });
  }

  test('although it said so, is told the same', async () => {
    for (const revision of ['2025-06-18', '2025-11-25']) {
      const asked = await LegacyCall.begin(await ada.mcp.open(revision, FORMS), KNOWN);
      const { result } = await asked.respond({ error: { code: -32601, message: 'Method not found' } });
      assertRefused(/** @type {ToolResult} */ (result), refusal);
    }
  });

  test('because it takes no stream, is told that it needs one', async () => {
    const session = await ada.mcp.open('2025-11-25', FORMS);
    const answer = await session.post(message('tools/call', { name: 'buyMcpShopItem', arguments: KNOWN }), { Accept: 'application/json' });
    assert.match(answer.json.error.message, /needs a stream/);
  });
});

describe('an answer in a session', () => {
  /** @param {object} [args] */
  const begin = async (args = KNOWN) => LegacyCall.begin(await ada.mcp.open('2025-11-25', FORMS), args);

  test('counts once', async () => {
    const before = await orders();
    const asked = await begin();
    const { request, session } = asked;
    await asked.answer(accept(FILLED_IN));
    for (let i = 0; i < 3; i++) assert.equal((await session.post({ jsonrpc: '2.0', id: request.id, result: accept(FILLED_IN) })).status, 202);
    assert.equal((await orders()).length, before.length + 1);
  });

  test('of somebody else, or to another question, is heard by nobody', async () => {
    const before = await orders();
    const asked = await begin();
    const response = { jsonrpc: '2.0', id: asked.request.id, result: accept({ ...FILLED_IN, mailingAddress: 'With the thief' }) };
    for (const deputy of [ada, adasOther]) assert.equal((await (await deputy.mcp.open('2025-11-25', FORMS)).post(response)).status, 202);
    for (const id of [1, 'x', `${asked.request.id}x`, asked.request.id.replace('-1', '-2'), '']) await asked.session.post({ ...response, id });
    assert.deepEqual(await orders(), before);
    const { result } = await asked.answer(accept(FILLED_IN));
    assert.equal(orderOf(/** @type {ToolResult} */ (result)).mailingAddress, FILLED_IN.mailingAddress);
  });

  test('comes too late for a call that was cancelled, and for a session that has ended', async () => {
    const before = await orders();
    const cancelled = await begin();
    await cancelled.session.post(notification('notifications/cancelled', { requestId: cancelled.id }));
    const ended = await begin();
    await ended.session.end();
    assert.equal((await cancelled.session.post({ jsonrpc: '2.0', id: cancelled.request.id, result: accept(FILLED_IN) })).status, 202);
    assert.equal((await ended.session.post({ jsonrpc: '2.0', id: ended.request.id, result: accept(FILLED_IN) })).status, 404);
    assert.deepEqual(await orders(), before);
  });
});

describe('requestState', () => {
  /** @param {import('../support/http.js').Answer} answer */
  function assertUnknown(answer) {
    assert.equal(answer.status, 200);
    assert.equal(codeOf(answer), INVALID_PARAMS);
    assert.match(answer.json.error.message, /requestState is unknown/);
  }

  test('that was tampered with or made up is refused, and the true one still works', async () => {
    const before = await orders();
    const asked = await ModernCall.begin(ada, KNOWN);
    const retry = asked.retry(accept(FILLED_IN));
    const { state } = asked;
    const swapped = state.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    for (const requestState of [swapped, `${state}A`, state.slice(1), state.toLowerCase() === state ? state.toUpperCase() : state.toLowerCase(), '', 'x'.repeat(100_000)]) {
      assertUnknown(await asked.send({ ...retry, requestState }));
    }
    assert.equal(codeOf(await asked.send({ ...retry, requestState: 7 })), INVALID_PARAMS);
    assert.deepEqual(await orders(), before);
    orderOf(resultOf(await asked.send(retry)));
  });

  test('that was used is refused: nothing is bought twice', async () => {
    const before = await orders();
    const asked = await ModernCall.begin(ada, KNOWN);
    const retry = asked.retry(accept(FILLED_IN));
    const answers = await Promise.all(Array.from({ length: 5 }, () => asked.send(retry)));
    assert.equal(answers.filter(({ json }) => json.result).length, 1);
    for (const answer of answers) if (!answer.json.result) assertUnknown(answer);
    assertUnknown(await asked.send(retry));
    assert.equal((await orders()).length, before.length + 1);
  });

  test('is for the very same call: other arguments, another tool, another client are refused', async () => {
    const before = await orders();
    const asked = await ModernCall.begin(ada, KNOWN);
    const retry = asked.retry(accept(FILLED_IN));
    assertUnknown(await asked.send({ ...retry, arguments: { company: 'Other' } }));
    assertUnknown(await asked.send({ ...retry, arguments: { ...KNOWN, idempotencyKey: 'more' } }));
    assertUnknown(await asked.send({ ...retry, name: 'prettyPlease', arguments: {} }));
    assertUnknown(await asked.send(retry, adasOther));
    assertUnknown(await asked.send(retry, await machine.appoint({ choices: { person: 'alan@example.com' } })));
    assertUnknown(await ada.mcp.modern('prompts/get', { name: 'order_tshirt', ...retry }));
    assert.deepEqual(await orders(), before);
    orderOf(resultOf(await asked.send(retry)));
  });

  test('without its answer asks again, and answers to what nobody asked are passed over', async () => {
    const asked = await ModernCall.begin(ada, KNOWN);
    const again = resultOf(await asked.send({ requestState: asked.state }));
    assert.equal(again.resultType, 'input_required');
    assert.notEqual(again.requestState, asked.state);
    const other = resultOf(await asked.send({ requestState: again.requestState, inputResponses: { 'something-else': accept(FILLED_IN) } }));
    assert.equal(other.resultType, 'input_required');
    for (const inputResponses of [7, [], 'x']) assert.equal(codeOf(await asked.send({ inputResponses })), INVALID_PARAMS);
    orderOf(resultOf(await asked.send({ requestState: other.requestState, inputResponses: { [asked.key]: accept(FILLED_IN) } })));
  });

  test('ends with the grant', async () => {
    const deputy = await machine.appoint();
    const asked = await ModernCall.begin(deputy, KNOWN);
    await deputy.client.revoke(deputy.refreshToken);
    assert.equal((await asked.send(asked.retry(accept(FILLED_IN)))).status, 401);
    const heir = await machine.appoint({ client: deputy.client });
    assertUnknown(await asked.send(asked.retry(accept(FILLED_IN)), heir));
  });

  test('the answer of a call that asks is not to be kept by anybody', async () => {
    const request = modernMessage('tools/call', { name: 'buyMcpShopItem', arguments: KNOWN, _meta: { [META.capabilities]: FORMS } });
    const answer = await ada.mcp.post(request, modernHeaders(request));
    assert.equal(answer.header('Cache-Control'), 'no-store');
    assert.ok(!('ttlMs' in answer.json.result));
  });
});
