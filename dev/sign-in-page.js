/** The page of the local AuthKit stand-in where a person is chosen. Plain links, so that it works without JavaScript. */

const IMPERSONATOR = 'support@example.com';

const STYLE = `
  :root {
    color-scheme: light dark;
    --ground: #eef1f5; --sheet: #fff; --ink: #16181d; --quiet: #565c67; --line: #d3d8e0; --accent: #1d4ed8;
  }
  @media (prefers-color-scheme: dark) {
    :root { --ground: #101216; --sheet: #1a1d23; --ink: #eceef2; --quiet: #a4abb8; --line: #343a45; --accent: #93b4ff; }
  }
  * { box-sizing: border-box; }
  body {
    margin: 0; padding: 6vh 1.25rem 2rem; background: var(--ground); color: var(--ink);
    font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
  }
  main { max-width: 27rem; margin: 0 auto; padding: 2rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 1rem; }
  h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.2; }
  h2 { margin: 2rem 0 .25rem; font-size: 1rem; }
  p { margin: 0 0 1.25rem; color: var(--quiet); }
  ul { margin: 0; padding: 0; list-style: none; }
  a { color: var(--accent); }
  .person {
    display: block; margin-bottom: .6rem; padding: .75rem 1rem; color: inherit;
    border: 1px solid var(--line); border-radius: .625rem; text-decoration: none;
  }
  .person:hover { border-color: var(--accent); }
  .person strong, .person span { display: block; }
  .person span, .impersonate { font-size: .875rem; }
  .person span { color: var(--quiet); }
  .impersonate li { margin-bottom: .4rem; }
  .cancel { display: inline-block; margin-top: 1.75rem; padding: .5rem 0; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: .25rem; }
`;

/**
 * @param {URL} target the authorization request; every choice leads to the same address with one parameter more
 * @param {import('./workos.js').Person[]} people
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
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sign in (local stand-in for AuthKit)</title>
    <link rel="icon" href="data:,">
    <style>${STYLE}</style>
  </head>
  <body>
    <main>
      <h1>Who are you today?</h1>
      <p>This page stands in for WorkOS AuthKit on this computer. Nobody needs a password here.</p>
      <ul>${rows.join('')}
      </ul>
      <h2>Impersonation</h2>
      <p>As when an administrator opens a session on behalf of somebody else. It can allow nothing.</p>
      <ul class="impersonate">${impersonations.join('')}
      </ul>
      <a class="cancel" href="${escape(cancelled(target))}">Cancel and go back</a>
    </main>
  </body>
</html>`;
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
    },
  });
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

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
