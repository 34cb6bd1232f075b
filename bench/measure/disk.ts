import { closeSync, openSync, readSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of a file, or of all files below a directory; 0 when there is nothing. */
export async function storedBytes(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.size ?? 0;
  let bytes = 0;
  for (const file of await files(path)) bytes += (await stat(join(path, file))).size;
  return bytes;
}

/** Whether both trees hold the same files with the same bytes. */
export async function sameTrees(one: string, other: string): Promise<boolean> {
  const [a, b] = [await files(one), await files(other)];
  if (a.length !== b.length) return false;
  for (const [i, path] of a.entries())
    if (b[i] !== path || !sameFiles(join(one, path), join(other, path))) return false;
  return true;
}

/** Whether both files hold the same bytes, however long they are. */
export function sameFiles(one: string, other: string): boolean {
  const [a, b] = [openSync(one, 'r'), openSync(other, 'r')];
  try {
    for (;;) {
      const [length, others] = [readSync(a, pieces[0]), readSync(b, pieces[1])];
      if (length !== others || pieces[0].compare(pieces[1], 0, length, 0, length) !== 0) return false;
      if (length === 0) return true;
    }
  } finally {
    closeSync(a);
    closeSync(b);
  }
}

const pieces = [Buffer.allocUnsafe(1024 * 1024), Buffer.allocUnsafe(1024 * 1024)] as const;

async function files(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
