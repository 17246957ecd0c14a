/** The internet as the Worker of ./worker.js sees it. It must be there before the shim is. */

export const internet = {
  /** What is found at addresses on the internet. @type {Record<string, { status?: number, body?: string, headers?: Record<string, string> }>} */
  documents: {},
  /** The addresses that were asked for. To be read. @type {string[]} */
  asked: [],
};

const realFetch = globalThis.fetch;

/** @param {any} target @param {any} [init] @returns {Promise<Response>} */
async function answer(target, init) {
  const url = target instanceof Request ? target.url : String(target);
  internet.asked.push(url);
  if (!url.startsWith('https:')) return realFetch(target, init); // the stand-in for WorkOS
  const { status = 404, body = '', headers } = internet.documents[url] ?? {};
  if (headers?.Location && init?.redirect !== 'manual') return answer(new URL(headers.Location, url).href, init);
  return new Response(body, { status, headers });
}

globalThis.fetch = answer;
