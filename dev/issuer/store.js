/** What the issuer remembers, in memory. Its providers may come and go (each set of keys has its own), this stays. */

/**
 * @typedef {import('oidc-provider').AdapterPayload} Record
 */

export class Store {
  /** By model and id. @type {Map<string, Record>} */
  #records = new Map();

  /** For oidc-provider, which asks for one adapter for each of its models. @param {string} model @returns {import('oidc-provider').Adapter} */
  adapter = (model) => ({
    upsert: async (id, record) => this.put(model, id, record),
    find: async (id) => this.get(model, id),
    findByUid: async (uid) => this.#find(model, (record) => record.uid === uid),
    findByUserCode: async (userCode) => this.#find(model, (record) => record.userCode === userCode),
    consume: async (id) => {
      const record = this.get(model, id);
      if (record) record.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => void this.#records.delete(`${model}:${id}`),
    revokeByGrantId: async (grantId) => this.#remove((key, record) => key.startsWith(`${model}:`) && record.grantId === grantId),
  });

  /** @param {string} model @param {string} id @param {Record} record */
  put(model, id, record) {
    this.#records.set(`${model}:${id}`, record);
  }

  /** @param {string} model @param {string} id */
  get(model, id) {
    return this.#records.get(`${model}:${id}`);
  }

  /** Forgets all that was ever given for this person. @param {string} accountId */
  forget(accountId) {
    this.#remove((_key, record) => record.accountId === accountId);
  }

  /** @param {string} model @param {(record: Record) => boolean} matches */
  #find(model, matches) {
    for (const [key, record] of this.#records) if (key.startsWith(`${model}:`) && matches(record)) return record;
  }

  /** @param {(key: string, record: Record) => boolean} matches */
  #remove(matches) {
    for (const [key, record] of this.#records) if (matches(key, record)) this.#records.delete(key);
  }
}
