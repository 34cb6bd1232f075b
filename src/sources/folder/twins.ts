/**
 * Twins: names that differ only in case, or in how their letters are composed. Some file systems take them for one, so
 * that the second would silently be written over the first. Which ones do is seen by looking, not by trying.
 */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { type BytePath, fromBytes, fromText, fsPath, join, parentOf, shown } from '../files/index.ts';

export class Twins {
  /** Of the directories that lead to the one last asked about: items come in the order of a walk. */
  readonly #names = new Map<BytePath, ReadonlySet<BytePath>>();
  /** By kind of twin, once an entry came by that shows it. */
  readonly #one = new Map<Kind, boolean>();

  /**
   * Whether an entry that was found under a full path goes by another name there.
   * @param fixed nothing is added to its directory by this restore
   */
  has(full: BytePath, stat: Stats, fixed: boolean): boolean {
    if (!this.#takesForOne(full, stat)) return false;
    const directory = parentOf(full);
    return !(fixed ? this.#known(directory) : namesIn(directory)).has(nameOf(full));
  }

  #takesForOne(full: BytePath, stat: Stats): boolean {
    for (const kind of KINDS) {
      if (this.#one.has(kind)) continue;
      const other = otherName(shown(nameOf(full)), kind);
      // Composed otherwise, a name may be too long.
      if (other === undefined || other.length > MAX_NAME) continue;
      const found = lstatSync(fsPath(join(parentOf(full), fromText(other))), { throwIfNoEntry: false });
      this.#one.set(kind, found?.ino === stat.ino && found.dev === stat.dev);
    }
    return [...this.#one.values()].includes(true);
  }

  #known(directory: BytePath): ReadonlySet<BytePath> {
    for (const other of this.#names.keys())
      if (other !== directory && !directory.startsWith(`${other}/`)) this.#names.delete(other);
    const names = this.#names.get(directory) ?? namesIn(directory);
    this.#names.set(directory, names);
    return names;
  }
}

/** Characters of UTF-16: at most 4 bytes each, and no name is longer than 255 bytes. */
const MAX_NAME = 60;

const KINDS = ['case', 'form'] as const;
type Kind = (typeof KINDS)[number];

/** The twin of a name; undefined when it has none of that kind. */
export function otherName(name: string, kind: Kind): string | undefined {
  const others =
    kind === 'case'
      ? [name.replace(/[a-z]/gi, (letter) => (letter > 'Z' ? letter.toUpperCase() : letter.toLowerCase()))]
      : [name.normalize('NFD'), name.normalize('NFC')];
  return others.find((other) => other !== name);
}

const nameOf = (full: BytePath): BytePath => full.slice(full.lastIndexOf('/') + 1);

const namesIn = (directory: BytePath): ReadonlySet<BytePath> =>
  new Set(readdirSync(fsPath(directory), 'buffer').map(fromBytes));
