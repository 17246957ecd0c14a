// Answers that take longer than the hop they were asked by: an object keeps each under a ticket until the Worker comes for it.

/** Answers that are kept. Whose client has left nobody comes for: the oldest goes first. */
export const MAX_TICKETS = 1_000;

export class Tickets {
  /** From the oldest on. @type {Map<string, Uint8Array | Promise<Uint8Array>>} */
  #answers = new Map();

  /** @param {Uint8Array | Promise<Uint8Array>} answer */
  give(answer) {
    // Not a number: an object that has come back would give one again that is still waited with, for the answer of somebody else.
    const ticket = crypto.randomUUID();
    this.#answers.set(ticket, answer);
    if (this.#answers.size > MAX_TICKETS) this.#answers.delete(/** @type {string} */ (this.#answers.keys().next().value));
    return ticket;
  }

  /** Its answer, once; throws where there is none. @param {string} ticket */
  redeem(ticket) {
    const answer = this.#answers.get(ticket);
    if (!answer) throw new Error('there is no such ticket');
    this.#answers.delete(ticket);
    return answer;
  }
}
