import { createReadStream } from 'node:fs';
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
    if (b[i] !== path || !(await sameFiles(join(one, path), join(other, path)))) return false;
  return true;
}

/** Whether both files hold the same bytes, however long they are. */
export async function sameFiles(one: string, other: string): Promise<boolean> {
  if ((await stat(one)).size !== (await stat(other)).size) return false;
  const others = createReadStream(other, { highWaterMark: PIECE })[Symbol.asyncIterator]();
  for await (const piece of createReadStream(one, { highWaterMark: PIECE })) {
    const { value } = await others.next();
    if (!(piece as Buffer).equals(value as Buffer)) return false;
  }
  return true;
}

const PIECE = 1024 * 1024;

async function files(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
