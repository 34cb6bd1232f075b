/** Names for keeping both: `photo (restored 2026-11-21).jpg` beside `photo.jpg` (U7). */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { compareBytes } from '../../lib/bytes.ts';
import { type BytePath, fromBytes, fsPath, join, READING } from '../files/index.ts';
import { lookAt } from './look.ts';
import type { Staging } from './staging.ts';

/** What is to be kept beside: a file by length and SHA-256, or a symbolic link by its target. */
export type Kept =
  | { readonly kind: 'file'; readonly length: number; readonly digest: Uint8Array }
  | { readonly kind: 'link'; readonly target: Uint8Array };

const MAX_NAME = 255;
const MARK = ' (restored ';
/** Longer than any date and number behind a mark. */
const MOST_SUFFIX = 64;

/** Finds places for what is kept beside; each directory is read once while items of it come. */
export class Beside {
  readonly #staging: Staging;
  readonly #date: string;
  readonly #directories = new Map<BytePath, Restored>();

  /** @param date as `YYYY-MM-DD` */
  constructor(staging: Staging, date: string) {
    this.#staging = staging;
    this.#date = date;
  }

  /** The name to write to; undefined when an earlier restore has put the same beside already. */
  place(directory: BytePath, name: BytePath, kept: Kept): BytePath | undefined {
    const restored = this.#in(directory);
    const { stem, extension } = split(name);
    if (restored.of(stem, extension).some((path) => holds(path, kept))) return undefined;
    for (let number = 1; ; number++) {
      const suffix = `${MARK}${this.#date}${number === 1 ? '' : ` ${number}`})`;
      const candidate = cut(stem, MAX_NAME - suffix.length - extension.length) + suffix + extension;
      const places = this.#staging.places(directory).map((full) => join(full, candidate));
      if (places.some((path) => lookAt(path))) continue;
      restored.add(candidate, places.at(-1)!);
      return candidate;
    }
  }

  #in(directory: BytePath): Restored {
    // Items come in order: only the directories above are come back to.
    for (const other of this.#directories.keys())
      if (other !== directory && other !== '' && !directory.startsWith(`${other}/`))
        this.#directories.delete(other);
    let restored = this.#directories.get(directory);
    if (restored) return restored;
    restored = new Restored();
    for (const full of this.#staging.layers(directory))
      for (const name of readdirSync(fsPath(full), 'buffer').map(fromBytes))
        restored.add(name, join(full, name));
    this.#directories.set(directory, restored);
    return restored;
  }
}

/** The entries of a directory that were kept beside others. */
class Restored {
  readonly #paths = new Map<string, BytePath[]>();

  add(name: BytePath, path: BytePath): void {
    const mark = name.lastIndexOf(MARK);
    const end = name.indexOf(')', mark);
    if (mark < 0 || end < 0) return;
    const key = keyOf(name.slice(0, mark), name.slice(end + 1));
    const paths = this.#paths.get(key);
    if (paths) paths.push(path);
    else this.#paths.set(key, [path]);
  }

  /** Also those whose stem had to be cut. */
  of(stem: BytePath, extension: BytePath): BytePath[] {
    const shortest = Math.min(stem.length, MAX_NAME - MOST_SUFFIX - extension.length);
    const found: BytePath[] = [];
    for (let length = stem.length; length > 0 && length >= shortest; length--)
      found.push(...(this.#paths.get(keyOf(stem.slice(0, length), extension)) ?? []));
    return found;
  }
}

const keyOf = (stem: BytePath, extension: BytePath): string => `${stem}/${extension}`;

function split(name: BytePath): { readonly stem: BytePath; readonly extension: BytePath } {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? { stem: name.slice(0, dot), extension: name.slice(dot) } : { stem: name, extension: '' };
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
    stat?.isFile() === true &&
    stat.size === kept.length &&
    compareBytes(digestOf(path, kept.length), kept.digest) === 0
  );
}

function digestOf(path: BytePath, size: number): Uint8Array {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(Math.min(size + 1, 1024 * 1024));
  const fd = openSync(fsPath(path), READING);
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer))
      hash.update(buffer.subarray(0, count));
  } finally {
    closeSync(fd);
  }
  return hash.digest();
}
