/**
 * Reads and changes the few lines of wrangler.toml that a deployment fills in, and leaves all others as they are. What it
 * is about is the top of the file, or an environment: `[env.todo]` and the tables whose names go on from there.
 */

/** @param {string} toml @param {string} [environment] */
export function workerName(toml, environment) {
  const table = environment ? tableAt(toml, `[env.${environment}]`)?.text : toml;
  return table?.match(/^name = "([^"]+)"/m)?.[1] ?? 'worker';
}

/**
 * The KV namespaces that nobody has created yet.
 * @param {string} toml
 * @param {string} [environment]
 * @returns {{ binding: string, placeholder: string }[]}
 */
export function missingNamespaces(toml, environment) {
  const header = `[[${prefix(environment)}kv_namespaces]]`;
  const blocks = toml.matchAll(/^(\[\[[\w.-]+\]\])\nbinding = "(\w+)"\nid = "(set-by-pnpm-deploy[^"]*)"/gm);
  return Array.from(blocks)
    .filter(([, table]) => table === header)
    .map(([, , binding, placeholder]) => ({ binding, placeholder }));
}

/** @param {string} toml @param {string} placeholder @param {string} id */
export function withNamespace(toml, placeholder, id) {
  return toml.replace(`id = "${placeholder}"`, `id = "${id}"`);
}

/** A variable that is there and says something. @param {string} toml @param {string} name @param {string} [environment] @returns {string | undefined} */
export function variable(toml, name, environment) {
  const text = tableAt(toml, `[${prefix(environment)}vars]`)?.text;
  const value = text?.match(new RegExp(`^${name} = ("(?:[^"\\\\]|\\\\.)*")`, 'm'))?.[1];
  return (value && JSON.parse(value)) || undefined;
}

/** @param {string} toml @param {string} name @param {string} value @param {string} [environment] */
export function withVariable(toml, name, value, environment) {
  const header = `[${prefix(environment)}vars]`;
  const table = tableAt(toml, header);
  if (!table) throw new Error(`wrangler.toml has no ${header}`);
  const line = `${name} = ${JSON.stringify(value)}`;
  const there = new RegExp(`^${name} = .*$`, 'm');
  const text = there.test(table.text) ? table.text.replace(there, () => line) : `\n${line}${table.text}`;
  return toml.slice(0, table.from) + text + toml.slice(table.from + table.text.length);
}

/** @param {string} [environment] */
function prefix(environment) {
  return environment ? `env.${environment}.` : '';
}

/** What a table holds, from the end of its header to the next one. @param {string} toml @param {string} header */
function tableAt(toml, header) {
  const at = `\n${toml}`.indexOf(`\n${header}\n`);
  if (at < 0) return undefined;
  const from = at + header.length;
  const next = toml.slice(from).search(/^\[/m);
  return { from, text: next < 0 ? toml.slice(from) : toml.slice(from, from + next) };
}
