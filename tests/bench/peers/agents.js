/**
 * A: the shop as people build it today: `McpAgent` of the agents SDK, where each session is an object, behind the OAuth provider,
 * with orders in KV.
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpAgent } from 'agents/mcp';
import { INVENTORY, TOOLS, USUAL_PAGE, listed, newOrder, placed, toolResult } from './shop.js';
import { LISTING, PURCHASE } from './shop-schemas.js';
import { behindOAuth } from './sign-in.js';

/** @typedef {{ ORDERS: KVNamespace }} Bindings */

/** @extends {McpAgent<Cloudflare.Env & Bindings>} */
export class ShopAgent extends McpAgent {
  /** @param {DurableObjectState} ctx @param {Cloudflare.Env & Bindings} env */
  constructor(ctx, env) {
    super(ctx, env);
  }

  server = new McpServer({ name: 'mcp-shop', version: '1.0.0' });

  async init() {
    const { ORDERS } = this.env;
    const userId = String(this.props?.userId);

    this.server.registerTool('listMcpShopInventory', TOOLS.listMcpShopInventory, () => toolResult(INVENTORY));

    this.server.registerTool('buyMcpShopItem', { ...TOOLS.buyMcpShopItem, inputSchema: PURCHASE }, async (purchase) => {
      const order = newOrder(userId, purchase);
      await ORDERS.put(`order:${userId}:${order.id}`, JSON.stringify(order), { expirationTtl: 30 * 24 * 60 * 60 });
      return toolResult(placed(order));
    });

    this.server.registerTool('listMcpShopOrders', { ...TOOLS.listMcpShopOrders, inputSchema: LISTING }, async ({ limit = USUAL_PAGE }) => {
      const { keys } = await ORDERS.list({ prefix: `order:${userId}:`, limit });
      const orders = await Promise.all(keys.map(({ name }) => ORDERS.get(name, 'json')));
      return toolResult(listed(/** @type {object[]} */ (orders), orders.length));
    });
  }
}

export default behindOAuth(ShopAgent.serve('/mcp', { binding: 'SHOP' }));
