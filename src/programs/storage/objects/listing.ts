import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListedObject } from './store.ts';

/** Objects are files with this ending, so that `a` and `a/b` can both be objects. */
export const SUFFIX = '.object';

/** Behind an object's bytes in its file: SHA-256, and these 8 bytes. */
export const MAGIC = 'HOLDFAST';
export const TRAILER = 32 + MAGIC.length;

const COMPONENT = /^[A-Za-z0-9_-]+$/;

/**
 * Walks the objects of an area in the order of their paths, entering only directories that can hold what is asked.
 *
 * @param base path of `directory` within the area, with `/` at the end, or empty
 */
export async function* walk(
  directory: string,
  base: string,
  prefix: string,
  after: string,
): AsyncGenerator<ListedObject> {
  for (const { key, name } of await entries(directory, base)) {
    if (key.endsWith('/')) {
      const within = key.startsWith(prefix) || prefix.startsWith(key);
      // Everything in a directory stands behind its key; before `after` only if `after` is not in it.
      if (within && (key > after || after.startsWith(key))) {
        yield* walk(join(directory, name), key, prefix, after);
      }
    } else if (key > after && key.startsWith(prefix)) {
      const size = await sizeOf(join(directory, name));
      if (size !== undefined) yield { path: key, size };
    }
  }
}

/** Sorted by key; a directory's ends with `/`, which is where its objects stand among its neighbours. */
async function entries(directory: string, base: string): Promise<{ key: string; name: string }[]> {
  const found: { key: string; name: string }[] = [];
  try {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const { name } = entry;
      const plain = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
      if (!COMPONENT.test(plain)) continue;
      if (entry.isDirectory() && plain === name) found.push({ key: `${base}${name}/`, name });
      if (entry.isFile() && plain !== name) found.push({ key: base + plain, name });
    }
  } catch (cause) {
    // It was removed while we came here, or nothing was ever stored.
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const { size } = await lstat(path);
    return size < TRAILER ? undefined : size - TRAILER;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}
