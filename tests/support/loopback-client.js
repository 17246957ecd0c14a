/** A client on this computer that really listens where it says that the human is sent back to. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { OAuthClient } from './oauth-client.js';

export class LoopbackClient {
  /** What came back, from the oldest on. @type {URLSearchParams[]} */
  received = [];

  /** @param {import('node:http').Server} server @param {string} redirectUri @param {OAuthClient} oauth */
  constructor(server, redirectUri, oauth) {
    this.server = server;
    this.redirectUri = redirectUri;
    this.oauth = oauth;
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', redirectUri);
      if (url.pathname !== '/callback') return void response.writeHead(204).end();
      this.received.push(url.searchParams);
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
      response.end('<!doctype html><html lang="en"><title>Back at the client</title><h1>Back at the client</h1></html>');
    });
  }

  /** @param {string} issuer @param {string} [name] */
  static async start(issuer, name = 'Claude Desktop') {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    const oauth = await OAuthClient.register(issuer, { client_name: name, redirect_uris: [redirectUri] });
    return new LoopbackClient(server, redirectUri, oauth);
  }

  get origin() {
    return new URL(this.redirectUri).origin;
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
