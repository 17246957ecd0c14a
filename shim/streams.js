// A client's event stream is held here, in the Worker: keep-alives cost the object nothing, and a WebSocket that it can
// sleep behind brings what it has to say.

/** The header by which the Worker names the stream that it asks for. */
export const STREAM = 'Deputy-Stream';
/** Where the Worker asks an object for a stream. No request from outside has this address (RFC 6761 section 6.4). */
export const LINK = 'https://object.invalid/stream';

/** Below the minute or two after which proxies drop a silent connection. A client that has gone is noticed by it, too. */
const KEEP_ALIVE_MS = 15_000;
/** Bytes that wait for a client that has stopped reading. */
const UNREAD_LIMIT = 1024 * 1024;

/** @param {DurableObjectStub} object @param {{ id: string, response: Response }} stream and the head of its answer @returns {Promise<Response>} */
export async function holdStream(object, { id, response: { status, headers } }) {
  const link = await object.fetch(LINK, { headers: { Upgrade: 'websocket', [STREAM]: id } });
  const socket = link.webSocket;
  if (!socket) return link;

  const encoder = new TextEncoder();
  /** @type {ReturnType<typeof setInterval>} */
  let keepAlive;
  const end = (/** @type {() => void} */ finish) => {
    clearInterval(keepAlive);
    try {
      finish();
    } catch {
      // The client has gone already.
    }
    socket.close();
  };
  const body = new ReadableStream(
    {
      start(controller) {
        const send = (/** @type {string} */ text) => {
          controller.enqueue(encoder.encode(text));
          if (/** @type {number} */ (controller.desiredSize) < 0) end(() => controller.error(new Error('the client does not read')));
        };
        socket.addEventListener('message', ({ data }) => send(/** @type {string} */ (data)));
        socket.addEventListener('close', () => end(() => controller.close()));
        socket.addEventListener('error', () => end(() => controller.close()));
        send(': open\n\n'); // the first byte at once: some proxies hold the headers back until there is one
        keepAlive = setInterval(() => send(': keep-alive\n\n'), KEEP_ALIVE_MS);
        socket.accept();
      },
      cancel() {
        end(() => {});
      },
    },
    { highWaterMark: UNREAD_LIMIT, size: (chunk) => chunk.byteLength },
  );
  return new Response(body, { status, headers });
}
