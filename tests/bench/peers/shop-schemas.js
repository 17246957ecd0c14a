/** What the tools take, for the SDKs. */
import * as z from 'zod';
import { ITEM_IDS, SIZES } from './shop.js';

export const PURCHASE = z.object({
  company: z.string().min(1).max(200).describe('The company that the order is for.'),
  mailingAddress: z.string().min(1).max(500).describe('Where the order is sent.'),
  tshirtSize: z.enum(SIZES).describe('The size.'),
  item: z.enum(ITEM_IDS).optional().describe('What is bought; the free T-shirt where it is left out.'),
  quantity: z.number().int().min(1).max(10).optional().describe('How many; 1 where it is left out.'),
});

export const LISTING = z.object({
  limit: z.number().int().min(1).max(200).optional().describe('How many orders to list at most; 50 where it is left out.'),
});
