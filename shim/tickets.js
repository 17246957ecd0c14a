// Answers that take longer than the hop they were asked by: an object keeps each under a ticket until the Worker comes for it.

/** Answers that are kept. Whose client has left nobody comes for: the oldest goes first. */
export const MAX_TICKETS = 1_000;

export class Tickets {
  /** @type {Map<number, Uint8Array | Promise<Uint8Array>>} */
  #answers = new Map();
  #last = 0;

  /** @param {Uint8Array | Promise<Uint8Array>} answer */
  give(answer) {
    this.#answers.set(++this.#last, answer);
    this.#answers.delete(this.#last - MAX_TICKETS);
    return this.#last;
  }

  /** Its answer, once; throws where there is none. @param {number} ticket */
  redeem(ticket) {
    const answer = this.#answers.get(ticket);
    if (!answer) throw new Error('there is no such ticket');
    this.#answers.delete(ticket);
    return answer;
  }
}
