/** Reads and changes the few lines of wrangler.toml that a deployment fills in, and leaves all others as they are. */

/** @param {string} toml */
export function workerName(toml) {
  return toml.match(/^name = "([^"]+)"/m)?.[1] ?? 'worker';
}

/**
 * The KV namespaces that nobody has created yet.
 * @param {string} toml
 * @returns {{ binding: string, placeholder: string }[]}
 */
export function missingNamespaces(toml) {
  const blocks = toml.matchAll(/^\[\[kv_namespaces\]\]\nbinding = "(\w+)"\nid = "(set-by-pnpm-deploy[^"]*)"/gm);
  return Array.from(blocks, ([, binding, placeholder]) => ({ binding, placeholder }));
}

/** @param {string} toml @param {string} placeholder @param {string} id */
export function withNamespace(toml, placeholder, id) {
  return toml.replace(`id = "${placeholder}"`, `id = "${id}"`);
}

/** @param {string} toml */
export function publicUrl(toml) {
  return toml.match(/^PUBLIC_URL = "([^"]*)"/m)?.[1];
}

/** @param {string} toml that has no PUBLIC_URL yet @param {string} url */
export function withPublicUrl(toml, url) {
  return toml.replace(/^\[vars\]\n/m, `[vars]\nPUBLIC_URL = "${url}"\n`);
}
