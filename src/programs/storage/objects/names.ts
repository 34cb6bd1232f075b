import { readdir, stat } from 'node:fs/promises';
import { COMPONENT, SUFFIX } from './layout.ts';

/** A name in a directory and its place in the order of paths: that of a directory ends with `/`. */
export interface Name {
  /** The path below the directory: without the ending of objects. */
  readonly key: string;
  readonly name: string;
}

/** Names held at most, of all directories together: some 100 bytes each. */
const MAX_HELD = 300_000;
/** Directories with fewer are read each time. */
const WORTH_HOLDING = 1000;
/** ms: what happened to a directory so recently may not show in its time of change. */
const SETTLED = 2000;

interface Held {
  readonly stamp: string;
  readonly names: readonly Name[];
}

/**
 * The names in directories, sorted. Those of large ones are held as long as the directory does not change: a listing is
 * asked for page by page, and reading a hundred thousand names for each thousand would be most of the work.
 */
export class Names {
  readonly #held = new Map<string, Held>();
  #count = 0;

  async of(directory: string): Promise<readonly Name[]> {
    const before = await stampOf(directory);
    if (before === undefined) return [];
    const held = this.#held.get(directory);
    if (held?.stamp === before.stamp) {
      // The one that was used last is given up last.
      this.#held.delete(directory);
      this.#held.set(directory, held);
      return held.names;
    }
    this.#drop(directory);
    const names = await read(directory);
    const after = await stampOf(directory);
    const settled = after?.stamp === before.stamp && Date.now() - before.changed > SETTLED;
    if (settled && names.length >= WORTH_HOLDING) this.#hold(directory, { stamp: before.stamp, names });
    return names;
  }

  /** Its names are to be read anew: where clocks or times of change are coarse, too. */
  changed(directory: string): void {
    this.#drop(directory);
  }

  #hold(directory: string, held: Held): void {
    if (held.names.length > MAX_HELD) return;
    for (const oldest of this.#held.keys()) {
      if (this.#count + held.names.length <= MAX_HELD) break;
      this.#drop(oldest);
    }
    this.#drop(directory);
    this.#held.set(directory, held);
    this.#count += held.names.length;
  }

  #drop(directory: string): void {
    this.#count -= this.#held.get(directory)?.names.length ?? 0;
    this.#held.delete(directory);
  }
}

async function stampOf(directory: string): Promise<{ stamp: string; changed: number } | undefined> {
  try {
    const { ino, mtimeNs } = await stat(directory, { bigint: true });
    return { stamp: `${ino} ${mtimeNs}`, changed: Number(mtimeNs / 1_000_000n) };
  } catch (cause) {
    // It was removed while we came here, or nothing was ever stored.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

async function read(directory: string): Promise<Name[]> {
  const found: Name[] = [];
  try {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const { name } = entry;
      const plain = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
      if (!COMPONENT.test(plain)) continue;
      if (entry.isDirectory() && plain === name) found.push({ key: `${name}/`, name });
      if (entry.isFile() && plain !== name) found.push({ key: plain, name });
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}
