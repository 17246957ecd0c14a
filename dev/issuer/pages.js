/** What the human sees at the stand-in for PingFederate: who they are, what they allow, and what went wrong. */
import { escape, page } from '../page.js';

/** What the human reads for a scope. @type {Record<string, string>} */
const MEANINGS = {
  openid: 'know that it is you',
  profile: 'know your name',
  email: 'know your e-mail address',
  offline_access: 'stay signed in while you are away',
  'todo_api:read': 'read your to-do list',
  'todo_api:write': 'change your to-do list',
};

/** @param {string} action @param {import('../issuer.js').Account[]} people */
export function signInPage(action, people) {
  const rows = people.map(
    ({ email, firstName, lastName, admin }) => `
          <li><button class="person" name="person" value="${escape(email)}"><strong>${escape(`${firstName} ${lastName}`)}</strong>
            <span>${escape(email)}${admin ? ' · administrator' : ''}</span></button></li>`,
  );
  return page({
    title: 'Sign in (local stand-in for PingFederate)',
    main: `
      <h1>Who are you today?</h1>
      <p>This page stands in for PingFederate on this computer. Nobody needs a password here.</p>
      <form method="post" action="${escape(action)}">
        <ul>${rows.join('')}
        </ul>
        <button class="cancel" name="decision" value="deny">Cancel and go back</button>
      </form>
    `,
  });
}

/**
 * @param {string} action
 * @param {object} asked
 * @param {string} asked.client its name
 * @param {string} asked.redirectUri
 * @param {string[]} asked.scopes
 * @param {import('../issuer.js').Account} asked.account
 * @param {string} asked.elsewhere where somebody else can sign in
 */
export function consentPage(action, { client, redirectUri, scopes, account, elsewhere }) {
  const rows = scopes.map((scope) => `<li>${MEANINGS[scope] ? `${MEANINGS[scope]} ` : ''}<code>${escape(scope)}</code></li>`);
  const name = `<bdi>${escape(client)}</bdi>`;
  return page({
    title: 'Allow access (local stand-in for PingFederate)',
    main: `
      <h1>May ${name} act for you?</h1>
      <p>You are signed in as <strong>${escape(`${account.firstName} ${account.lastName}`)}</strong>.
        <a href="${escape(elsewhere)}">Sign in as somebody else</a></p>
      <dl>
        <dt>It may</dt>
        <dd><ul>${rows.join('')}</ul></dd>
        <dt>It sends you back to</dt>
        <dd><strong>${escape(placeOf(redirectUri))}</strong></dd>
      </dl>
      <form method="post" action="${escape(action)}">
        <div class="actions">
          <button name="decision" value="allow">Allow</button>
          <button name="decision" value="deny">Deny</button>
        </div>
      </form>
    `,
  });
}

/** @param {string} problem */
export function errorPage(problem) {
  const main = `
      <h1>This did not work</h1>
      <p>${escape(problem)}</p>
    `;
  return page({ title: 'This did not work', main });
}

/** A host, or the scheme of an application that has one of its own. @param {string} redirectUri */
function placeOf(redirectUri) {
  const { host, protocol } = new URL(redirectUri);
  return /^https?:$/.test(protocol) ? host : protocol;
}
