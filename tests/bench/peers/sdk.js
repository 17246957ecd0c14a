/** B: the best that the SDKs offer: `createMcpHandler`, without sessions, behind the OAuth provider; orders in the person's object. */
import { DurableObject } from 'cloudflare:workers';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { INVENTORY, TOOLS, USUAL_PAGE, listed, newOrder, placed, toolResult } from './shop.js';
import { LISTING, PURCHASE } from './shop-schemas.js';
import { behindOAuth } from './sign-in.js';

/** @typedef {{ ORDERS: DurableObjectNamespace<Orders> }} Bindings */

/** @extends {DurableObject<Bindings>} */
export class Orders extends DurableObject {
  /** @param {DurableObjectState} ctx @param {Bindings} env */
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS orders (seq INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL)');
  }

  /** @param {string} document */
  place(document) {
    this.ctx.storage.sql.exec('INSERT INTO orders (document) VALUES (?)', document);
  }

  /** @param {number} limit */
  list(limit) {
    const { sql } = this.ctx.storage;
    const documents = sql.exec('SELECT document FROM orders ORDER BY seq DESC LIMIT ?', limit).toArray();
    const total = Number(sql.exec('SELECT count(*) AS total FROM orders').one().total);
    return { documents: documents.map(({ document }) => String(document)), total };
  }
}

/** @param {Bindings} env @param {string} userId */
function shop(env, userId) {
  const server = new McpServer({ name: 'mcp-shop', version: '1.0.0' });
  const orders = () => env.ORDERS.getByName(userId);

  server.registerTool('listMcpShopInventory', TOOLS.listMcpShopInventory, () => toolResult(INVENTORY));

  server.registerTool('buyMcpShopItem', { ...TOOLS.buyMcpShopItem, inputSchema: PURCHASE }, async (purchase) => {
    const order = newOrder(userId, purchase);
    await orders().place(JSON.stringify(order));
    return toolResult(placed(order));
  });

  server.registerTool('listMcpShopOrders', { ...TOOLS.listMcpShopOrders, inputSchema: LISTING }, async ({ limit = USUAL_PAGE }) => {
    const { documents, total } = await orders().list(limit);
    return toolResult(listed(documents.map((document) => JSON.parse(document)), total));
  });
  return server;
}

/** Made once, with the first bindings: it serves whoever calls. @type {ReturnType<typeof createMcpHandler> | undefined} */
let handler;

export default behindOAuth({
  /** @param {Request} request @param {Bindings} env @param {any} ctx */
  fetch(request, env, ctx) {
    handler ??= createMcpHandler(({ authInfo }) => shop(env, String(authInfo?.extra?.userId)));
    return handler.fetch(request, { authInfo: { token: '', clientId: '', scopes: [], extra: ctx.props } });
  },
});
