import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { TRAILER } from './layout.ts';
import type { Name, Names } from './names.ts';
import type { ListedObject } from './store.ts';

/** Sizes that are asked for at a time. */
const AHEAD = 32;

/**
 * Walks the objects of an area in the order of their paths, entering only directories that can hold what is asked.
 *
 * @param base path of `directory` within the area, with `/` at the end, or empty
 */
export async function* walk(
  names: Names,
  directory: string,
  base: string,
  prefix: string,
  after: string,
): AsyncGenerator<ListedObject> {
  const all = await names.of(directory);
  let files: Name[] = [];
  for (let at = firstBehind(all, base, after); at < all.length; at++) {
    const { key: own, name } = all[at]!;
    const key = base + own;
    if (own.endsWith('/')) {
      const within = key.startsWith(prefix) || prefix.startsWith(key);
      // Everything in a directory stands behind its key; before `after` only if `after` is not in it.
      if (!within || (key <= after && !after.startsWith(key))) continue;
      yield* sized(directory, base, files);
      files = [];
      yield* walk(names, join(directory, name), key, prefix, after);
    } else if (key > after && key.startsWith(prefix)) {
      files.push(all[at]!);
      if (files.length < AHEAD) continue;
      yield* sized(directory, base, files);
      files = [];
    }
  }
  yield* sized(directory, base, files);
}

/** Before it stands nothing behind `after`. A directory that `after` lies in stands before `after` itself. */
function firstBehind(names: readonly Name[], base: string, after: string): number {
  if (!after.startsWith(base)) return after < base ? 0 : names.length;
  const end = after.indexOf('/', base.length);
  const floor = after.slice(base.length, end < 0 ? undefined : end + 1);
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (names[middle]!.key < floor) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** An object that is gone by now, or a file that was cut, is none. */
async function* sized(directory: string, base: string, files: readonly Name[]): AsyncGenerator<ListedObject> {
  const sizes = await Promise.all(files.map(({ name }) => sizeOf(join(directory, name))));
  for (const [at, { key }] of files.entries()) {
    const size = sizes[at];
    if (size !== undefined) yield { path: base + key, size };
  }
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
