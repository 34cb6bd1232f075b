/** `--into DIR`: a folder for each database below a directory, not the native application. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { folderName } from './folder-name.ts';

const sha256hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Gives each database its folder. When a database comes from several sources, the second and further ones get
 * their own, named with the source: their items could have the same names. So does a database whose name would lead
 * into the folder of another, also where that is one only to file systems that do not tell case, or how letters are
 * composed.
 */
export function folders(into: string): (database: string, label: string) => string {
  const taken = new Set<string>();
  const known = new Map<string, string>();
  const first = new Set<string>();
  return (database, label) => {
    const owner = JSON.stringify([database, label]);
    const before = known.get(owner);
    if (before !== undefined) return before;
    let name = first.has(database) ? `${database} (${label})` : database;
    let folder = join(into, folderName(name, sha256hex));
    while (taken.has(folded(folder))) {
      name = `${name} (${label})`;
      folder = join(into, folderName(name, sha256hex));
    }
    first.add(database);
    taken.add(folded(folder));
    known.set(owner, folder);
    return folder;
  };
}

/** Names that some file system takes for one are the same here; upper case first, for letters like ß. */
const folded = (path: string): string => path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
