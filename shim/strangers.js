// What strangers may make this Worker fetch. The OAuth provider fetches the metadata documents of clients with the global
// fetch, and a client's id, which anybody may send, is the address. So that fetch is strict: it goes to names on the
// internet alone, and follows no redirect (a document elsewhere would speak for a host that it is not of). Who knows where
// they ask, the deployment's own settings, uses the one that is kept here.

export const { fetch: fetchKnown } = globalThis;

/** Names that are of this machine or network alone: RFC 6761, 6762, 8375; and those of one word. @param {string} name */
const isLocal = (name) => !name.includes('.') || /\.(localhost|local|internal|home\.arpa)$/.test(name);

/** The URL parser has made four numbers of whatever spelling an IPv4 address came in. @param {string} name */
const isAddress = (name) => name.startsWith('[') || /\.\d+$/.test(name);

/** @param {any} target @param {any} [init] @returns {Promise<Response>} */
async function fetchForStrangers(target, init) {
  const { protocol, hostname } = new URL(target instanceof Request ? target.url : target);
  const name = hostname.replace(/\.$/, '');
  if (protocol !== 'https:' || isLocal(name) || isAddress(name)) throw new TypeError(`${hostname} is not on the internet`);
  return fetchKnown(target, { ...init, redirect: 'manual' });
}

globalThis.fetch = fetchForStrangers;
