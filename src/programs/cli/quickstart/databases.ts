import { readdir } from 'node:fs/promises';
import { extname, join, parse } from 'node:path';

/** A database of the phone, and what fills it. */
export interface PhoneDatabase {
  readonly name: string;
  readonly kind: 'vcard' | 'folder';
  readonly path: string;
  /** Name of the entry in the data directory. */
  readonly entry: string;
}

/** Each entry of the data directory is a database of that name: a `.vcf` file of contacts, or a folder of files. */
export async function phoneDatabases(data: string): Promise<PhoneDatabase[]> {
  const found: PhoneDatabase[] = [];
  for (const entry of await readdir(data, { withFileTypes: true })) {
    const path = join(data, entry.name);
    if (entry.isDirectory()) found.push({ name: entry.name, kind: 'folder', path, entry: entry.name });
    else if (extname(entry.name) === '.vcf')
      found.push({ name: parse(entry.name).name, kind: 'vcard', path, entry: entry.name });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
