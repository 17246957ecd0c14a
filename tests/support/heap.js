/**
 * The JavaScript heap of the Worker's isolate after a collection, through workerd's inspector: a leak of the shim shows here
 * long before the memory of the process, which grows and shrinks as V8 likes.
 */

export class HeapWatch {
  #last = 0;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #asked = new Map();

  /** @param {WebSocket} socket @param {string} worker */
  constructor(socket, worker) {
    this.socket = socket;
    this.worker = worker;
    socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(String(data));
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (error) asked?.reject(new Error(error.message));
      else asked?.resolve(result);
    });
  }

  /** @param {{ url: string, inspector: string }} server */
  static async open({ url, inspector }) {
    const socket = new WebSocket(inspector);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`no inspector at ${inspector}`)));
    });
    return new HeapWatch(socket, url);
  }

  /** @param {string} method @returns {Promise<any>} */
  #ask(method) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, method }));
    });
  }

  /** workerd hears of a question, and answers, when the isolate has something to do: a request is that. @param {string} method */
  async #awake(method) {
    const answer = this.#ask(method);
    const work = setInterval(() => void fetch(this.worker).then((reply) => reply.body?.cancel(), () => {}), 50);
    return answer.finally(() => clearInterval(work));
  }

  /** In bytes: what is used of the heap, and what buffers have outside it (the memory of the wasm is one). */
  async afterCollection() {
    await this.#awake('HeapProfiler.collectGarbage');
    const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await this.#awake('Runtime.getHeapUsage');
    return { used: usedSize + embedderHeapUsedSize, buffers: backingStorageSize };
  }

  close() {
    this.socket.close();
  }
}
