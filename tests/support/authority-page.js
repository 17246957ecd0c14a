/** A human at their authority page: what its script would ask and send, by hand. */
import { ask } from './http.js';
import { Browser } from './human.js';
import { signInAtIssuer } from './issuer-client.js';

/** Where a page leads on to. @param {import('./human.js').Page} page */
const lead = (page) => new URL(/** @type {string} */ (page.response.headers.get('Location') ?? page.onward), page.url).href;

export class AuthorityPage {
  /** @param {string} url of the server @param {string} cookie @param {string} [base] /authority or /admin */
  constructor(url, cookie, base = '/authority') {
    this.url = url;
    this.cookie = cookie;
    this.base = base;
    this.csrf = '';
  }

  /** Signs in, through AuthKit. @param {string} url of the server @param {{ person?: string, base?: string }} [who] */
  static async open(url, { person = 'ada@example.com', base = '/authority' } = {}) {
    const browser = new Browser();
    const authKit = await browser.open(lead(await browser.open(lead(await browser.open(url + base)))));
    const link = authKit.links.find(({ href }) => new URL(href).searchParams.get('login_hint') === person && !new URL(href).searchParams.has('impersonator'));
    if (!link) throw new Error(`nobody called ${person} on the sign-in page`);
    return AuthorityPage.#at(url, base, await browser.open(lead(await browser.open(link.href))));
  }

  /** Signs in at the issuer of the to-do list's tokens. @param {string} url of the server @param {{ person?: string }} [who] */
  static async openAtIssuer(url, { person = 'ada@example.com' } = {}) {
    const browser = new Browser();
    const begins = await browser.open(lead(await browser.open(`${url}/authority`)));
    const { redirect, page } = await signInAtIssuer(lead(begins), { person }, browser);
    if (!redirect) throw new Error(`the sign-in ended on a page: ${page.status} ${page.text}`);
    return AuthorityPage.#at(url, '/authority', await browser.open(redirect.href));
  }

  /** @param {string} url @param {string} base @param {import('./human.js').Page} done */
  static async #at(url, base, done) {
    const cookie = done.response.headers.getSetCookie().find((each) => each.startsWith('__Host-authority='));
    if (!cookie) throw new Error(`nobody was signed in: ${done.status} ${done.text}`);
    const page = new AuthorityPage(url, cookie.split(';')[0], base);
    if (base === '/authority') await page.state();
    return page;
  }

  /** @param {string} path @param {Record<string, string | undefined>} [headers] */
  get(path, headers = {}) {
    return ask(this.url + this.base + path, { headers: { Cookie: this.cookie, ...headers } });
  }

  /** What the page shows. @param {string} [query] */
  async state(query = '') {
    const answer = await this.get(`/state${query}`);
    if (answer.status !== 200) throw new Error(`no state: ${answer.status} ${answer.text}`);
    this.csrf = answer.json.session.csrf;
    return answer.json;
  }

  /** The answer as it comes. @param {object} act @param {Record<string, string | undefined>} [headers] */
  act(act, headers = {}) {
    return ask(`${this.url}${this.base}/act`, {
      method: 'POST',
      headers: { Cookie: this.cookie, Origin: this.url, 'Content-Type': 'application/json', 'X-CSRF': this.csrf, ...headers },
      body: JSON.stringify(act),
    });
  }

  /** What it gave; it must succeed. @param {object} act */
  async do(act) {
    const answer = await this.act(act);
    if (answer.status !== 200) throw new Error(`${JSON.stringify(act)} was refused: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /**
   * Gives a deputy the bounds of a preset.
   * @param {string} name of the preset
   * @param {{ client?: string, most?: number }} [how] whose grant, if there are several; `most` instead of each limit's own
   */
  async allow(name, { client, most } = {}) {
    const { presets, deputies } = await this.state();
    const preset = presets.find((/** @type {any} */ each) => each.name === name);
    const deputy = deputies.find((/** @type {any} */ each) => !each.ended && (!client || [each.client.name, each.client.host].includes(client)));
    const limits = preset.limits.map((/** @type {any} */ limit) => ({ ...limit, most: most ?? limit.most }));
    const bounds = { tools: null, limits, ask_above: preset.ask_above, expires_at: null, until_sign_out: false };
    await this.do({ do: 'bounds', grant: deputy.grant, bounds });
    return /** @type {string} */ (deputy.grant);
  }

  /** The newest entries first. @param {string} [query] @returns {Promise<any[]>} */
  async entries(query = '?limit=200') {
    return (await this.get(`/audit${query}`)).json.entries;
  }

  /** The whole trail, as one file. */
  async export() {
    let text = '';
    for (let after = '0'; after; ) {
      const part = await this.get(`/export?after=${after}`);
      if (part.status !== 200) throw new Error(`no export: ${part.status} ${part.text}`);
      text += part.text;
      after = part.header('X-Next-After') ?? '';
    }
    return text;
  }
}
