/** `--into DIR`: a folder for each database below a directory, not the native application. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { folderName } from './folder-name.ts';

const sha256hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Gives each database its folder. When a database comes from several sources, the second and further ones get
 * their own, named with the source: their items could have the same names.
 */
export function folders(into: string): (database: string, label: string) => string {
  const taken = new Map<string, string>();
  return (database, label) => {
    const first = taken.get(database);
    if (first === undefined) taken.set(database, label);
    const name = first === undefined || first === label ? database : `${database} (${label})`;
    return join(into, folderName(name, sha256hex));
  };
}
