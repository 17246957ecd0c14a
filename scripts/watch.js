import { readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';

/**
 * Calls back when something below these directories changes, once for changes that come together.
 *
 * Each directory is watched by itself: the `recursive` option loses a file on Linux as soon as an editor replaces it.
 * @param {string[]} roots
 * @param {() => void} changed
 */
export function watchTrees(roots, changed) {
  const watched = new Set();
  /** @type {NodeJS.Timeout | undefined} */
  let soon;
  const noticed = () => {
    clearTimeout(soon);
    soon = setTimeout(() => {
      watchNew(); // what changed may be a new directory
      changed();
    }, 100);
  };
  const watchNew = () => {
    for (const directory of roots.flatMap(directories)) {
      if (watched.has(directory)) continue;
      watched.add(directory);
      watch(directory, noticed).once('error', () => watched.delete(directory));
    }
  };
  watchNew();
}

/** A directory and all below it. @param {string} root */
function directories(root) {
  const below = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name));
  return [root, ...below.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())];
}
