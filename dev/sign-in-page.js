/** The page of the local AuthKit stand-in where a person is chosen. */
import { PAGE_HEADERS, escape, page } from './page.js';

const IMPERSONATOR = 'support@example.com';

/**
 * @param {URL} target the authorization request; every choice leads to the same address with one parameter more
 * @param {import('./people.js').Person[]} people
 * @returns {Response}
 */
export function signInPage(target, people) {
  /** @param {Record<string, string>} choice */
  const link = (choice) => {
    const url = new URL(target);
    for (const [name, value] of Object.entries(choice)) url.searchParams.set(name, value);
    return escape(url.pathname + url.search);
  };
  const rows = people.map(
    ({ email, firstName, lastName, admin }) => `
        <li><a class="person" href="${link({ login_hint: email })}"><strong>${escape(`${firstName} ${lastName}`)}</strong>
          <span>${escape(email)}${admin ? ' · administrator' : ''}</span></a></li>`,
  );
  const impersonations = people.map(
    ({ email, firstName }) => `
        <li><a href="${link({ login_hint: email, impersonator: IMPERSONATOR })}">${IMPERSONATOR} as ${escape(firstName)}</a></li>`,
  );
  const main = `
      <h1>Who are you today?</h1>
      <p>This page stands in for WorkOS AuthKit on this computer. Nobody needs a password here.</p>
      <ul>${rows.join('')}
      </ul>
      <h2>Impersonation</h2>
      <p>As when an administrator opens a session on behalf of somebody else. It can allow nothing.</p>
      <ul class="impersonate">${impersonations.join('')}
      </ul>
      <a class="cancel" href="${escape(cancelled(target))}">Cancel and go back</a>
    `;
  return new Response(page({ title: 'Sign in (local stand-in for AuthKit)', main }), { headers: PAGE_HEADERS });
}

/** Where somebody goes who does not want to sign in (RFC 6749, 4.1.2.1). @param {URL} target */
function cancelled({ searchParams }) {
  const back = new URL(searchParams.get('redirect_uri') ?? '');
  back.searchParams.set('error', 'access_denied');
  back.searchParams.set('error_description', 'The sign-in was cancelled.');
  const state = searchParams.get('state');
  if (state) back.searchParams.set('state', state);
  return back.href;
}
