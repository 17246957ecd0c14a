/** What all peers sell, and what they say of it: the shop of wasm/shop, in JavaScript. */

const ITEMS = [
  { id: 'mcp-tshirt', label: 'MCP T-Shirt', description: 'A comfortable shirt featuring the MCP logo', price: 'Free with MCP Server', minorUnits: 0 },
  { id: 'mcp-longsleeve', label: 'MCP Long Sleeve', description: 'The same shirt with long sleeves, for server rooms', price: '19.00 EUR', minorUnits: 1900 },
  { id: 'mcp-hoodie', label: 'MCP Hoodie', description: 'A warm hoodie with the MCP logo on its back', price: '45.00 EUR', minorUnits: 4500 },
];
export const ITEM_IDS = ITEMS.map(({ id }) => id);
export const SIZES = ['S', 'M', 'L', 'XL', 'XXL'];
export const USUAL_PAGE = 50;

export const INVENTORY = {
  title: 'mcp.shop inventory',
  products: ITEMS.map(({ id, label, description, price, minorUnits }) => ({ label, description, sizes: SIZES, price, item: id, minorUnits, currency: 'EUR' })),
};

export const TOOLS = {
  listMcpShopInventory: {
    title: "List the shop's inventory",
    description: "Lists what the MCP Shop sells: each product's label, description, sizes and price.",
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  },
  buyMcpShopItem: {
    title: 'Buy a T-shirt',
    description:
      'Orders from the shop for the person you act for: the free MCP T-shirt, or another item of the inventory. It needs company, mailingAddress and tshirtSize: give what the person has told you, and never guess.',
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  },
  listMcpShopOrders: {
    title: 'List orders',
    description: 'Lists the orders of the person you act for, newest first.',
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  },
};

/** @typedef {{ company: string, mailingAddress: string, tshirtSize: string, item?: string, quantity?: number }} Purchase */

/** @param {string} userId @param {Purchase} purchase */
export function newOrder(userId, { company, mailingAddress, tshirtSize, item = ITEMS[0].id, quantity = 1 }) {
  const { minorUnits } = /** @type {typeof ITEMS[0]} */ (ITEMS.find(({ id }) => id === item));
  return {
    id: crypto.randomUUID(),
    userId,
    email: userId,
    company,
    mailingAddress,
    tshirtSize,
    item,
    quantity,
    minorUnits: minorUnits * quantity,
    currency: 'EUR',
    orderDate: new Date().toISOString(),
    status: 'confirmed',
  };
}

/** @param {object} order */
export const placed = (order) => ({ status: 'success', message: 'Order placed successfully!', order });

/** @param {object[]} orders @param {number} total */
export const listed = (orders, total) => ({ title: 'Your MCP Shop Orders', status: 'success', orders, total });

/** @param {Record<string, unknown>} value */
export const toolResult = (value) => ({ content: [{ type: /** @type {const} */ ('text'), text: JSON.stringify(value) }], structuredContent: value });

/** What the limits answer to anything: the inventory. */
const FIXED = JSON.stringify({ jsonrpc: '2.0', id: 1, result: toolResult(INVENTORY) });
export const fixedAnswer = () => new Response(FIXED, { headers: { 'Content-Type': 'application/json' } });
