import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Two trees, compared byte for byte. */
export interface Comparison {
  /** Files, links and empty directories that are the same in both. */
  readonly same: number;
  readonly bytes: number;
  /** Paths that are only in one of them, or that differ. */
  readonly different: readonly string[];
}

/** Compares names, kinds, permission bits, link targets and every byte. */
export async function compareTrees(left: string, right: string): Promise<Comparison> {
  const [a, b] = [await paths(left), await paths(right)];
  const different: string[] = [];
  let same = 0;
  let bytes = 0;
  for (const path of [...new Set([...a, ...b])].sort()) {
    const size =
      a.has(path) && b.has(path) ? await sameEntry(join(left, path), join(right, path)) : undefined;
    if (size === undefined) different.push(path);
    else {
      same++;
      bytes += size;
    }
  }
  return { same, bytes, different };
}

/** Two files of contacts: the same cards, byte for byte, in whatever order and however far apart. */
export async function compareCards(left: string, right: string): Promise<Comparison> {
  const [a, b] = [await cards(left), await cards(right)];
  const missing = [...a].filter((card) => !b.delete(card));
  const different = [...missing, ...b].map((card) => /^FN[^:]*:(.*)$/m.exec(card)?.[1]?.trim() ?? 'a card');
  const same = [...a].filter((card) => !missing.includes(card));
  return { same: same.length, bytes: same.reduce((sum, card) => sum + card.length, 0), different };
}

/** Everything from one BEGIN to the next; a character for each byte, so that nothing is decoded. */
async function cards(file: string): Promise<Set<string>> {
  const pieces = (await readFile(file, 'latin1')).split(/^(?=BEGIN:VCARD)/im);
  return new Set(pieces.map((piece) => piece.trim()).filter((piece) => /^BEGIN:VCARD/i.test(piece)));
}

/** Everything below a directory that stands for itself: directories only when they are empty. */
async function paths(root: string): Promise<Set<string>> {
  const found = new Set<string>();
  const walk = async (below: string): Promise<void> => {
    const entries = await readdir(join(root, below), { withFileTypes: true });
    if (entries.length === 0 && below !== '') found.add(below);
    for (const entry of entries) {
      const path = join(below, entry.name);
      if (entry.isDirectory()) await walk(path);
      else found.add(path);
    }
  };
  await walk('');
  return found;
}

/** The size when both are the same; undefined when they are not. */
async function sameEntry(left: string, right: string): Promise<number | undefined> {
  const [a, b] = await Promise.all([lstat(left), lstat(right)]);
  if ((a.mode & 0o170000) !== (b.mode & 0o170000)) return undefined;
  if (a.isSymbolicLink()) {
    const [to, too] = await Promise.all([left, right].map((path) => readlink(path, 'buffer')));
    return to && too && to.equals(too) ? 0 : undefined;
  }
  if (a.isDirectory()) return 0;
  if (a.size !== b.size || (a.mode & 0o777) !== (b.mode & 0o777)) return undefined;
  const [one, two] = await Promise.all([readFile(left), readFile(right)]);
  return one.equals(two) ? one.length : undefined;
}
