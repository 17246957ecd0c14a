/** The page of the local AuthKit stand-in where a person is chosen. Plain links, so that it works without JavaScript. */

const IMPERSONATOR = 'support@example.com';

const STYLE = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 24rem; margin: 12vh auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; margin: 0; }
  p { margin: .25rem 0 1.5rem; opacity: .75; }
  ul { list-style: none; padding: 0; margin: 0 0 1.5rem; }
  li { margin-bottom: .75rem; }
  a { color: inherit; }
  a.person { display: block; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .6rem; text-decoration: none; }
  a.person:hover, a.person:focus-visible { border-color: currentColor; }
  a.person small { display: block; opacity: .75; }
  a.impersonate { font-size: .8rem; opacity: .75; margin-left: 1rem; }
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
      <li>
        <a class="person" href="${link({ login_hint: email })}">${escape(`${firstName} ${lastName}`)}
          <small>${escape(email)}${admin ? ' · shop administrator' : ''}</small></a>
        <a class="impersonate" href="${link({ login_hint: email, impersonator: IMPERSONATOR })}">as
          ${escape(firstName)}, impersonated by ${IMPERSONATOR}</a>
      </li>`,
  );
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sign in (local stand-in for AuthKit)</title>
    <style>${STYLE}</style>
  </head>
  <body>
    <h1>Sign in (local stand-in for AuthKit)</h1>
    <p>Who are you today?</p>
    <ul>${rows.join('')}
    </ul>
    <a href="${escape(cancelled(target))}">Cancel</a>
  </body>
</html>`;
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
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
