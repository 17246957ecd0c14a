/** A real browser, and somebody in front of it who also notices what a developer's console would show. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium as playwright } from 'playwright-core';
import { chromium } from '../../scripts/setup.js';

const SCREENSHOTS = fileURLToPath(new URL('../../build/screenshots/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const LOOKS = /** @type {const} */ ([
  { look: 'wide-light', size: WIDE, colorScheme: 'light' },
  { look: 'wide-dark', size: WIDE, colorScheme: 'dark' },
  { look: 'phone-dark', size: PHONE, colorScheme: 'dark' },
  { look: 'phone-light', size: PHONE, colorScheme: 'light' },
]);

/** For `Visitor.arrive`. */
export const ON_A_PHONE = { viewport: PHONE, hasTouch: true, isMobile: true };

/** Playwright gives it a profile of its own, which ends with it. */
export function launch() {
  return playwright.launch({ executablePath: chromium(), args: ARGUMENTS, headless: true, chromiumSandbox: false });
}

export class Visitor {
  /** What went wrong on the way: errors in the console, violated policies, requests that should not be. @type {string[]} */
  complaints = [];

  /** @param {import('playwright-core').BrowserContext} context @param {import('playwright-core').Page} page @param {string[]} origins */
  constructor(context, page, origins) {
    this.context = context;
    this.page = page;
    context.on('request', (request) => {
      if (!origins.includes(new URL(request.url()).origin)) this.complaints.push(`a request to ${request.url()}`);
    });
    context.on('weberror', (error) => this.complaints.push(`error: ${error.error()}`));
    context.on('console', (message) => {
      // The browser reports the status of an error page as an error of its own; that one is meant.
      const status = message.location().url === page.url() && /^Failed to load resource: .* status of [45]/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !status) this.complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
  }

  /**
   * Somebody with a fresh browser profile does this; nothing that a console shows may go wrong on the way.
   * @param {import('playwright-core').Browser} browser
   * @param {string[]} origins that may be asked for anything; nobody else is
   * @param {(visitor: Visitor) => Promise<void>} story
   * @param {import('playwright-core').BrowserContextOptions} [options]
   */
  static async arrive(browser, origins, story, options = { viewport: WIDE }) {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(15_000);
    try {
      const visitor = new Visitor(context, await context.newPage(), origins);
      await story(visitor);
      assert.deepEqual(visitor.complaints, []);
    } finally {
      await context.close();
    }
  }

  /** The status of the page. @param {string} url @returns {Promise<number | undefined>} */
  async open(url) {
    return (await this.page.goto(url))?.status();
  }

  /** Presses a button and sees the next page. @param {string} name */
  press(name) {
    return this.#leave(this.page.getByRole('button', { name, exact: true }));
  }

  /** Follows a link and sees the next page. @param {string} name */
  follow(name) {
    return this.#leave(this.page.getByRole('link', { name }));
  }

  /** @param {import('playwright-core').Locator} way */
  async #leave(way) {
    await Promise.all([this.page.waitForEvent('load'), way.click()]);
  }

  /** @returns {Promise<string>} */
  heading() {
    return this.page.locator('h1').innerText();
  }

  /** All that can be read on the page, in one line. */
  async text() {
    return (await this.page.locator('main').innerText()).replace(/\s+/g, ' ');
  }

  /** Looks at the page in every way: takes pictures, and finds what keeps people from using it. @param {string} name of the page */
  async inspect(name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const before = this.page.viewportSize() ?? WIDE;
    await this.page.evaluate(AXE);
    for (const { look, size, colorScheme } of LOOKS) {
      await this.page.setViewportSize(size);
      await this.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await this.page.screenshot({ path: join(SCREENSHOTS, `${name}-${look}.png`), fullPage: true });
      const overhang = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(overhang, 0, `${name}, ${look}: nobody should have to scroll sideways`);
      assert.deepEqual(await this.#violations(), [], `${name}, ${look}`);
    }
    await this.page.setViewportSize(before);
  }

  /** What axe finds, by its rules and best practices. @returns {Promise<string[]>} */
  async #violations() {
    const { violations } = await this.page.evaluate(
      // Without preload: it would fetch the style sheet, which the page's policy rightly forbids to scripts.
      () => /** @type {any} */ (globalThis).axe.run(document, { preload: false, resultTypes: ['violations'] }),
    );
    return violations.map(
      (/** @type {any} */ { id, help, nodes }) =>
        `${id}: ${help}: ${nodes.map((/** @type {any} */ node) => `${node.html} ${node.failureSummary}`).join(' | ')}`,
    );
  }

  /**
   * Goes on with the Tab key until this has the focus, and sees that it has.
   * @param {string} name of the link, button or field
   * @returns {Promise<string[]>} what had the focus on the way
   */
  async tabTo(name) {
    const passed = [];
    for (let presses = 0; presses < 12; presses++) {
      await this.page.keyboard.press('Tab');
      const { label, outlined } = await this.page.evaluate(() => {
        const element = /** @type {HTMLElement} */ (document.activeElement);
        const labels = /** @type {HTMLInputElement} */ (element).labels;
        const label = labels?.length ? labels[0] : element;
        const outlined = [element, label].some((part) => getComputedStyle(part).outlineStyle !== 'none');
        return { label: label.innerText.replace(/\s+/g, ' ').trim(), outlined };
      });
      assert.ok(outlined, `nobody can see that ${label} has the focus`);
      if (label.startsWith(name)) return passed;
      passed.push(label);
    }
    throw new Error(`the Tab key does not lead to ${name}, but to ${passed.join(', ')}`);
  }
}
