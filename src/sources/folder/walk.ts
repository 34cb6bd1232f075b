/** The walk over a tree, in byte order of full paths, holding the names of one directory per level. */
import { type Dirent, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { type ListedItem, MAX_UID, type SkippedItem } from '../../database/index.ts';
import {
  type BytePath,
  errnoOf,
  fromBytes,
  fsPath,
  isTemporaryName,
  join,
  reasonOf,
  shown,
  toBytes,
} from '../files/index.ts';
import type { Excluder } from './exclude.ts';
import { mediaType } from './media-type.ts';
import { directoryStamp, fileStamp, timeOf } from './stamp.ts';

interface Level {
  /** Path below the root, with `/` behind it; empty for the root. */
  readonly prefix: BytePath;
  /** Sorted; names of directories end in `/`. */
  readonly names: readonly BytePath[];
  next: number;
}

export class Walk {
  readonly #root: BytePath;
  readonly #excluded: Excluder;
  readonly #skip: (skipped: SkippedItem) => void;

  constructor(root: BytePath, excluded: Excluder, skip: (skipped: SkippedItem) => void) {
    this.#root = root;
    this.#excluded = excluded;
    this.#skip = skip;
  }

  /** @throws the system's error when the root cannot be read */
  *items(): Generator<ListedItem> {
    const levels: Level[] = [{ prefix: '', names: this.#names(''), next: 0 }];
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const name = level.names[level.next++];
      if (name === undefined) {
        levels.pop();
        continue;
      }
      const path = level.prefix + name;
      if (this.#excluded(path)) continue;
      const names = name.endsWith('/') ? this.#below(path) : [];
      const item = names && this.#item(path);
      if (!item) continue;
      yield item;
      if (name.endsWith('/')) levels.push({ prefix: path, names, next: 0 });
    }
  }

  /** Sorted as if the names of directories ended in `/`: then the walk is in order of full paths. */
  #names(prefix: BytePath): BytePath[] {
    const names: BytePath[] = [];
    for (const entry of entriesOf(join(this.#root, prefix.slice(0, -1)))) {
      if (isTemporaryName(entry.name)) continue;
      names.push(entry.isDirectory() ? `${entry.name}/` : entry.name);
    }
    return names.sort();
  }

  /** What a directory holds; undefined when it cannot be read, or is not there any more. */
  #below(path: BytePath): BytePath[] | undefined {
    try {
      return this.#names(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') this.#report(path, `${reasonOf(error)}: nothing below it was listed`);
      return undefined;
    }
  }

  #item(path: BytePath): ListedItem | undefined {
    const expectDirectory = path.endsWith('/');
    const full = fsPath(join(this.#root, expectDirectory ? path.slice(0, -1) : path));
    try {
      const stat = lstatSync(full);
      if (stat.isDirectory() !== expectDirectory) throw new Error('it changed its kind while it was listed');
      if (expectDirectory) return directoryItem(path, stat);
      if (stat.isFile()) return fileItem(path, stat);
      if (stat.isSymbolicLink()) return { ...fileItem(path, stat), ...linkFacts(full) };
      this.#report(path, `${kindOf(stat)}, not a file`);
    } catch (error) {
      // What vanished between the directory and the look at it is not there: that is no failure.
      if (errnoOf(error) !== 'ENOENT') this.#report(path, reasonOf(error));
    }
    return undefined;
  }

  #report(path: BytePath, reason: string): void {
    this.#skip({ uid: toBytes(path).subarray(0, MAX_UID), reason: `${shown(path)}: ${reason}` });
  }
}

function entriesOf(directory: BytePath): Iterable<Pick<Dirent, 'name' | 'isDirectory'>> {
  const path = Buffer.from(directory, 'latin1');
  try {
    return readdirSync(path, { withFileTypes: true, encoding: 'latin1' });
  } catch (error) {
    if (errnoOf(error) !== 'ERR_INVALID_ARG_TYPE') throw error;
    // The file system does not say what is a directory: to look for itself, Node needs names as bytes.
    const entries = readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
    return entries.map((entry) => ({ name: fromBytes(entry.name), isDirectory: () => entry.isDirectory() }));
  }
}

function fileItem(path: BytePath, stat: Stats): ListedItem {
  const text = shown(path);
  const title = text.slice(text.lastIndexOf('/') + 1);
  return {
    uid: toBytes(path),
    title,
    type: mediaType(title),
    time: timeOf(stat),
    attributes: { mode: stat.mode & 0o7777 },
    stamp: fileStamp(stat, Date.now()),
    size: stat.size,
    path: text,
  };
}

const linkFacts = (full: string | Buffer): Pick<ListedItem, 'attributes' | 'type' | 'size'> => ({
  attributes: { link: new Uint8Array(readlinkSync(full, 'buffer')) },
  type: 'inode/symlink',
  size: 0,
});

function directoryItem(path: BytePath, stat: Stats): ListedItem {
  const text = shown(path);
  return {
    uid: toBytes(path),
    title: text.slice(text.lastIndexOf('/', text.length - 2) + 1, -1),
    type: 'inode/directory',
    time: timeOf(stat),
    attributes: { directory: true, mode: stat.mode & 0o7777 },
    stamp: directoryStamp(stat),
    size: 0,
    path: text,
  };
}

function kindOf(stat: Stats): string {
  if (stat.isFIFO()) return 'a pipe';
  if (stat.isSocket()) return 'a socket';
  return 'a device';
}
