/**
 * A human at a browser without a screen: follows the pages of a sign-in, form by form, as a browser would (cookies,
 * redirects, pages that go on by themselves), and makes the choices that the test names.
 */

/** A page as the human sees it. */
export class Page {
  /** @param {string} url @param {Response} response @param {string} html */
  constructor(url, response, html) {
    this.url = url;
    this.response = response;
    this.html = html;
  }

  get status() {
    return this.response.status;
  }

  get title() {
    return decode(/<h1[^>]*>(.*?)<\/h1>/s.exec(this.html)?.[1].replace(/<[^>]+>/g, '') ?? '');
  }

  /** All the text of the page, without markup. */
  get text() {
    return decode(this.html.replace(/<style.*?<\/style>/gs, '').replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ');
  }

  /** Where the page goes on to by itself. */
  get onward() {
    const url = /<meta http-equiv="refresh" content="0;url=([^"]*)"/.exec(this.html)?.[1];
    return url && decode(url);
  }

  /** The links of the page: text and address. */
  get links() {
    return [...this.html.matchAll(/<a[^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs)].map(([, href, text]) => ({
      href: new URL(decode(href), this.url).href,
      text: decode(text.replace(/<[^>]+>/g, ' ')).trim(),
    }));
  }

  /** The first form: where it goes, and its fields as they stand. */
  get form() {
    const form = /<form[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/s.exec(this.html);
    if (!form) throw new Error(`no form on the page "${this.title}"`);
    const fields = new URLSearchParams();
    for (const [input] of form[2].matchAll(/<input[^>]*>/g)) {
      const attribute = (/** @type {string} */ name) => decode(new RegExp(`${name}="([^"]*)"`).exec(input)?.[1] ?? '');
      if (/type="(checkbox|radio)"/.test(input) && !/\bchecked\b/.test(input)) continue;
      fields.append(attribute('name'), attribute('value'));
    }
    for (const [, name, options] of form[2].matchAll(/<select name="([^"]*)"[^>]*>(.*?)<\/select>/gs)) {
      const selected = /<option value="([^"]*)" selected/.exec(options) ?? /<option value="([^"]*)"/.exec(options);
      fields.append(name, decode(selected?.[1] ?? ''));
    }
    return { action: new URL(decode(form[1]), this.url).href, fields };
  }
}

/**
 * A consent that is wide open, for what is not about bounds: every tool of these scopes, and limits that nobody reaches.
 * @param {Page} page @param {URLSearchParams} fields @param {string[]} [scopes] all that the page offers unless told
 */
function allowEverything(page, fields, scopes) {
  fields.set('preset', 'custom');
  fields.delete('tool');
  for (const [, scope, tools] of page.html.matchAll(/<code class="quiet">([^<]*)<\/code><\/legend>(.*?)<\/fieldset>/gs)) {
    if (scopes && !scopes.includes(scope)) continue;
    for (const [, tool] of tools.matchAll(/name="tool" value="([^"]*)"/g)) fields.append('tool', tool);
  }
  for (const limit of ['calls.minute', 'orders.week', 'items.week', 'EUR.week']) fields.set(`limit.${limit}`, '1000000');
  fields.set('expires', '30d');
}

const NAMED = new Map(Object.entries({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&', nbsp: ' ' }));

/** Character references of HTML. @param {string} html */
const decode = (html) =>
  html.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hexadecimal, name) =>
    name ? (NAMED.get(name) ?? whole) : String.fromCodePoint(parseInt(decimal ?? hexadecimal, decimal ? 10 : 16)),
  );

/** One browser: its cookies, by host. */
export class Browser {
  /** @type {Map<string, Map<string, string>>} */
  #cookies = new Map();

  /** @param {string} url @param {RequestInit} [init] @returns {Promise<Page>} the page after all redirects that stay with us */
  async open(url, init = {}) {
    const { host, origin } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map();
    this.#cookies.set(host, jar);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    if (init.method === 'POST' && !headers.has('Origin')) headers.set('Origin', origin);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split(/=(.*)/s);
      if (/Max-Age=0/i.test(cookie)) jar.delete(name);
      else jar.set(name, value);
    }
    return new Page(url, response, await response.text());
  }

  /** Sends a form with a button pressed. @param {Page} page @param {Record<string, string>} button @param {(fields: URLSearchParams) => void} [change] */
  async press(page, button, change = () => {}) {
    const { action, fields } = page.form;
    change(fields);
    for (const [name, value] of Object.entries(button)) fields.set(name, value);
    return this.open(action, { method: 'POST', body: fields });
  }
}

/**
 * @typedef {object} Choices
 * @property {string} [person] whose e-mail address to sign in with at AuthKit; Ada's unless told; 'cancel' cancels there
 * @property {boolean} [hinted] AuthKit is told who comes, and shows no page: it has a link for each person, and there may be thousands
 * @property {'continue' | 'cancel'} [start] on the page that says who asks
 * @property {'allow' | 'deny'} [decision] on the page that asks for consent
 * @property {string[]} [scopes] of which tools are ticked
 * @property {Record<string, string>} [bounds] the fields of the consent form, instead of one that is wide open
 * @property {(page: Page) => void} [see] is shown each page
 */

/**
 * Walks an authorization request to its end.
 * @param {string} authorizeUrl
 * @param {Choices} [choices]
 * @param {Browser} [browser]
 * @returns {Promise<{ redirect?: URL, page: Page }>} where the client gets its answer, or the page that it ended on
 */
export async function signIn(authorizeUrl, choices = {}, browser = new Browser()) {
  const { person = 'ada@example.com', hinted = false, start = 'continue', decision = 'allow', scopes, bounds, see = () => {} } = choices;
  const home = new URL(authorizeUrl).origin;
  let page = await browser.open(authorizeUrl);
  for (let steps = 0; steps < 20; steps++) {
    see(page);
    const next = page.response.headers.get('Location') ?? page.onward;
    if (next) {
      const url = new URL(next, page.url);
      const back = url.searchParams.has('code') || url.searchParams.has('error');
      if (back && url.pathname !== '/callback') return { redirect: url, page };
      if (back && url.origin !== home) return { redirect: url, page };
      if (hinted && url.origin !== home) url.searchParams.set('login_hint', person);
      page = await browser.open(url.href);
    } else if (page.url.startsWith(home) && page.status === 200 && page.html.includes('name="handle"')) {
      if (page.form.action.endsWith('/authorize')) {
        page = await browser.press(page, { decision: start });
      } else {
        page = await browser.press(page, { decision }, (fields) => {
          if (!bounds) return allowEverything(page, fields, scopes);
          for (const [name, value] of Object.entries(bounds)) fields.set(name, value);
        });
      }
    } else if (!page.url.startsWith(home) && page.status === 200) {
      // The sign-in page of the AuthKit stand-in: a link for each person, and one to cancel.
      const link = page.links.find(({ href, text }) =>
        person === 'cancel' ? /cancel/i.test(text) : new URL(href).searchParams.get('login_hint') === person,
      );
      if (!link) throw new Error(`nobody called ${person} on the sign-in page:\n${page.text}`);
      page = await browser.open(link.href);
    } else {
      return { page };
    }
  }
  throw new Error('the sign-in does not come to an end');
}
