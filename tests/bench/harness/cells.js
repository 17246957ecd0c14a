/** What is measured of whom, in groups: all of a group do the same at the same concurrency, so they are compared with one another. */
import { BUY, INVENTORY, LIST, ORDERS } from './operations.js';

/**
 * @typedef {import('./peers.js').Era} Era
 * @typedef {import('./peers.js').Peer} Peer
 * @typedef {object} Group
 * @property {string} name
 * @property {import('./operations.js').Operation} [operation] none: initialize and initialized
 * @property {number} connections
 * @property {boolean} spread over all people, each with an object of their own
 *
 * @typedef {{ peer: Peer, era: Era }} Run
 */

export const SESSIONS = 'initialize + initialized';
export const SPREAD = 'inventory, spread';

/**
 * @typedef {object} Extent how much is measured
 * @property {number[]} inventory the concurrencies of the inventory
 * @property {number[]} spread of the inventory over all people
 * @property {number[]} others of everything else but sessions
 * @property {number[]} sessions
 */

/** @param {Extent} extent @returns {Group[]} */
export function groupsFor({ inventory, spread, others, sessions }) {
  return [
    ...inventory.map((connections) => groupOf(INVENTORY, connections)),
    ...spread.map((connections) => ({ ...groupOf(INVENTORY, connections), name: nameOf(SPREAD, connections), spread: true })),
    ...[LIST, ORDERS, BUY].flatMap((operation) => others.map((connections) => groupOf(operation, connections))),
    ...sessions.map((connections) => ({ name: nameOf(SESSIONS, connections), connections, spread: false })),
  ];
}

/** @param {string} what @param {number} connections */
export const nameOf = (what, connections) => `${what} @${connections}`;

/** @param {import('./operations.js').Operation} operation @param {number} connections @returns {Group} */
const groupOf = (operation, connections) => ({ name: nameOf(operation.name, connections), operation, connections, spread: false });

/** Who takes part in a group. @param {Group} group @param {Peer[]} peers @returns {Run[]} */
export function runsOf({ operation, connections, spread }, peers) {
  return peers.flatMap((peer) => {
    // A fixed answer is an inventory, and needs no era.
    if (peer.eras.length === 0) return operation === INVENTORY && (!spread || peer.perPerson) ? [{ peer, era: /** @type {const} */ ('modern') }] : [];
    if (spread) return peer.perPerson ? [{ peer, era: /** @type {const} */ ('modern') }] : [];
    const eras = operation ? peer.eras : peer.eras.filter((era) => era === 'legacy');
    // Where a peer speaks both, its older way is measured once for each operation; ours always, for A speaks nothing else.
    return eras.filter((era) => era === 'modern' || !operation || peer.sessions || connections === 16).map((era) => ({ peer, era }));
  });
}

/** The name of a run in results. @param {Run} run */
export const runName = ({ peer, era }) => (peer.eras.length === 2 ? `${peer.name} ${era}` : peer.name);

/** What of ours is compared with a run: A speaks one era, the fixed answers none. @param {string} group @param {string} run */
export const ourRun = (group, run) => (run.endsWith('legacy') || run === 'A' || group.startsWith(SESSIONS) ? 'ours legacy' : 'ours modern');
