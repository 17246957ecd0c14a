/**
 * Inputs of the other targets as inputs of the target `step` (step.cpp): what has no export of its own comes to the module that ships
 * through those that it has.
 */

const META = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };

/** @param {string} name of a tool @param {string} args JSON, or not */
const calling = (name, args) => `m{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${args},"_meta":${JSON.stringify(META)}}}`;
/** On the authority page. @param {object} what */
const act = (what) => `d${JSON.stringify(what)}`;

/** As a message of both eras, and as the arguments of a tool. @param {string} line */
const asMessages = (line) => [`m${line}`, `l${line}`, calling('buyMcpShopItem', line)];

/** As headers, as a path and as a body. @param {string} line */
const asParts = (line) => [
  `rPOST /mcp\tAuthorization: Bearer $T\tCookie: ${line}\tOrigin: ${line}\tMcp-Session-Id: ${line}\t\t${line}`,
  `rGET /${line}`,
  `rGET /mcp\tAuthorization: ${line}`,
];

const PURCHASES = [
  { item: 'mcp-tshirt', quantity: 1 },
  { item: 'mcp-longsleeve', quantity: 1 },
  { item: 'mcp-hoodie', quantity: 1 },
  { item: 'mcp-hoodie', quantity: 3 },
].map((what) => calling('buyMcpShopItem', JSON.stringify({ company: 'Acme', mailingAddress: '1 Main St', tshirtSize: 'L', ...what })));
const INVENTORY = calling('listMcpShopInventory', '{}');
const STATE = 'u/authority/state';
const ALARM = 'a';

/** What the authority's events (Step::Kind in tests/model/history.h, in that order) are from outside; a grant is not begun here. @type {((event: { client: number, pick: number }) => string[])[]} */
const EVENTS = [
  ({ pick }) => [act({ do: 'sentence', grant: '$G', bounds: { limits: [{ measure: 'orders', most: pick, per: 'day' }] } })],
  ({ pick }) => [pick % 3 === 0 ? INVENTORY : PURCHASES[pick % PURCHASES.length]],
  () => [PURCHASES[2], STATE],
  () => [PURCHASES[2]],
  () => ['k'],
  ({ pick }) => [PURCHASES[pick % PURCHASES.length], PURCHASES[pick % PURCHASES.length]],
  () => PURCHASES,
  ({ pick }) => [STATE, act({ do: pick % 2 ? 'approve' : 'refuse', id: '$A' })],
  ({ client }) => [act({ do: 'revoke', grant: client === 0 ? '$G' : `grant-${client}` })],
  () => [act({ do: 'revoke_all' })],
  ({ client }) => [act(client === 0 ? { do: 'pause' } : { do: 'pause', grant: '$G' })],
  ({ client }) => [act(client === 0 ? { do: 'resume' } : { do: 'resume', grant: '$G' })],
  ({ pick }) => [act({ do: 'bounds', grant: '$G', bounds: { limits: [{ measure: 'calls', most: 60, per: 'minute' }, { measure: 'EUR', most: pick, per: 'week' }] } })],
  ({ pick }) => [act({ do: 'ceilings', limits: [{ measure: 'EUR', most: pick, per: 'week' }] })],
  () => [ALARM],
  () => ['t3600000', ALARM],
  () => [ALARM, 'u/authority/audit'],
  () => [STATE],
];
const EVENT_BYTES = 6;
/** Milliseconds before an event. */
const WAITS = [0, 0, 0, 1, 50, 999, 1_000, 60_000, 60_001, 59_999, 540_000, 900_000, 960_000, 3_600_000, 86_400_000, 604_800_000, 2_678_400_000];
const CRASHES = 0xf0;

/** @param {Buffer} input */
function asEvents(input) {
  const lines = [];
  for (let at = 0; at < input.length; at += EVENT_BYTES) {
    const [kind, client, , low, high, when] = [0, 1, 2, 3, 4, 5].map((byte) => input[at + byte] ?? 0);
    const wait = WAITS[(when & 0x7f) % WAITS.length];
    if (wait > 0) lines.push(`t${wait}`);
    lines.push(...EVENTS[kind % EVENTS.length]({ client: client % 4, pick: low + 256 * high }));
    if (when >= CRASHES) lines.push('w');
  }
  return lines;
}

/** A pattern's texts and a schema's values are lines of their own. @param {(line: string) => string[]} of @returns {(input: Buffer) => string[]} */
const byLines = (of) => (input) => input.toString('latin1').split('\n').flatMap(of);

/** By target. @type {Record<string, (input: Buffer) => string[]>} */
export const AS_STEPS = { json: byLines(asMessages), schema: byLines(asMessages), text: byLines(asParts), authority: asEvents };
