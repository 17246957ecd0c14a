/** The frame of the pages that the local identity providers show. Plain forms and links, so that they work without JavaScript. */

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
  button { font: inherit; color: inherit; background: none; cursor: pointer; }
  .person {
    display: block; width: 100%; margin-bottom: .6rem; padding: .75rem 1rem; color: inherit; text-align: start;
    border: 1px solid var(--line); border-radius: .625rem; text-decoration: none;
  }
  .person:hover, .actions button:hover { border-color: var(--accent); }
  .person strong, .person span { display: block; }
  .person span, .impersonate { font-size: .875rem; }
  .person span, dt { color: var(--quiet); }
  .impersonate li { margin-bottom: .4rem; }
  .cancel { display: inline-block; margin-top: 1.75rem; padding: .5rem 0; border: 0; color: var(--accent); text-decoration: underline; }
  dl { margin: 0 0 1.25rem; }
  dd { margin: 0 0 .75rem; }
  dd li { margin-bottom: .25rem; }
  .actions { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
  .actions button { padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .625rem; font-weight: 600; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: .25rem; }
`;

export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
};

/** @param {{ title: string, main: string }} content `main` is HTML @returns {string} */
export function page({ title, main }) {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escape(title)}</title>
    <link rel="icon" href="data:,">
    <style>${STYLE}</style>
  </head>
  <body>
    <main>${main}</main>
  </body>
</html>`;
}

/** @param {string} text */
export function escape(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
