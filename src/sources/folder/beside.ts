/** Names for keeping both: `photo (restored 2026-11-21).jpg` beside `photo.jpg` (U7). */
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { compareBytes } from '../../lib/bytes.ts';
import { type BytePath, fromBytes, fsPath, join } from '../files/index.ts';
import { lookAt } from './staging.ts';

/** What is to be kept beside: a file by length and SHA-256, or a symbolic link by its target. */
export type Kept =
  | { readonly kind: 'file'; readonly length: number; readonly digest: Uint8Array }
  | { readonly kind: 'link'; readonly target: Uint8Array };

const MAX_NAME = 255;

/**
 * The name to write to; undefined when an earlier restore has put the same beside already.
 *
 * @param directories full paths; their entries together are those of the directory
 * @param date as `YYYY-MM-DD`
 */
export function placeBeside(
  directories: readonly BytePath[],
  name: BytePath,
  date: string,
  kept: Kept,
): BytePath | undefined {
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const extension = dot > 0 ? name.slice(dot) : '';
  const names = new Map(
    directories.flatMap((directory) =>
      readdirSync(fsPath(directory), 'buffer').map((name) => [fromBytes(name), directory] as const),
    ),
  );
  const mark = ' (restored ';
  for (const [candidate, directory] of names) {
    const ours = candidate.endsWith(`)${extension}`) && candidate.includes(mark);
    if (
      ours &&
      stem.startsWith(candidate.slice(0, candidate.lastIndexOf(mark))) &&
      holds(join(directory, candidate), kept)
    ) {
      return undefined;
    }
  }
  for (let number = 1; ; number++) {
    const suffix = `${mark}${date}${number === 1 ? '' : ` ${number}`})`;
    const candidate = cut(stem, MAX_NAME - suffix.length - extension.length) + suffix + extension;
    if (!names.has(candidate)) return candidate;
  }
}

/** At most `limit` bytes, not ending within a character of UTF-8. */
function cut(stem: BytePath, limit: number): BytePath {
  let end = Math.min(stem.length, Math.max(limit, 1));
  while (end > 1 && end < stem.length && (stem.charCodeAt(end) & 0xc0) === 0x80) end--;
  return stem.slice(0, end);
}

function holds(path: BytePath, kept: Kept): boolean {
  const stat = lookAt(path);
  if (kept.kind === 'link') {
    return (
      stat?.isSymbolicLink() === true && compareBytes(readlinkSync(fsPath(path), 'buffer'), kept.target) === 0
    );
  }
  return (
    stat?.isFile() === true && stat.size === kept.length && compareBytes(digestOf(path), kept.digest) === 0
  );
}

function digestOf(path: BytePath): Uint8Array {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(1024 * 1024);
  const fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer))
      hash.update(buffer.subarray(0, count));
  } finally {
    closeSync(fd);
  }
  return hash.digest();
}
