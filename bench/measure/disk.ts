import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of all files below a directory. */
export async function storedBytes(directory: string): Promise<number> {
  let bytes = 0;
  for (const path of await files(directory)) bytes += (await stat(join(directory, path))).size;
  return bytes;
}

/** Whether both trees hold the same files with the same bytes. */
export async function sameTrees(one: string, other: string): Promise<boolean> {
  const [a, b] = [await files(one), await files(other)];
  if (a.length !== b.length) return false;
  for (const [i, path] of a.entries()) {
    if (b[i] !== path) return false;
    if (!(await readFile(join(one, path))).equals(await readFile(join(other, path)))) return false;
  }
  return true;
}

async function files(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
