/** The object of L1 and L2: reads what it is sent, and one row, and gives the fixed answer. A body that nobody reads would cost more. */
import { DurableObject } from 'cloudflare:workers';
import { fixedAnswer } from './shop.js';

/** @extends {DurableObject<object>} */
export class FixedObject extends DurableObject {
  /** @param {DurableObjectState} ctx @param {object} env */
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS answers (id INTEGER PRIMARY KEY, said INTEGER NOT NULL)');
    ctx.storage.sql.exec('INSERT OR IGNORE INTO answers (id, said) VALUES (1, 1)');
  }

  /** @param {Request} request */
  async fetch(request) {
    await request.arrayBuffer();
    this.ctx.storage.sql.exec('SELECT said FROM answers WHERE id = 1').one();
    return fixedAnswer();
  }
}
