/** Reading files: small ones by three system calls into one buffer, large ones as a stream. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Content, type ListedItem, SourceError } from '../../database/index.ts';
import { type BytePath, fsPath, reasonOf } from '../files/index.ts';
import { fits, same } from './stamp.ts';

/** A link put in the file's place is not followed, and a pipe does not block. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Up to here a file is read whole. */
const SMALL = 1024 * 1024;
const CHUNK = 1024 * 1024;

export class FileReader {
  // Never a Buffer: its `slice` is a view, where that of a Uint8Array is a copy.
  readonly #buffer = new Uint8Array(SMALL + 1);
  #chunk: Uint8Array | undefined;

  /** A stream throws when the file turns out to have changed, possibly after its last chunk. */
  read(path: BytePath, item: ListedItem): Content {
    if (item.size > SMALL) return { kind: 'stream', chunks: this.#stream(path, item) };
    let fd: number;
    try {
      fd = openSync(fsPath(path), FLAGS);
    } catch (error) {
      throw unreadable(item.path, error);
    }
    try {
      const length = this.#whole(fd, item);
      if (length > SMALL) return { kind: 'stream', chunks: this.#stream(path, item) };
      return { kind: 'bytes', bytes: this.#buffer.subarray(0, length) };
    } catch (error) {
      throw error instanceof SourceError ? error : unreadable(item.path, error);
    } finally {
      closeSync(fd);
    }
  }

  #stream(path: BytePath, item: ListedItem): AsyncIterable<Uint8Array> {
    this.#chunk ??= new Uint8Array(CHUNK);
    return chunksOf(path, item.path, this.#chunk);
  }

  /** Reads into the buffer; the length, or more than `SMALL` when it does not fit. */
  #whole(fd: number, item: ListedItem): number {
    // Unchanged since it was listed, so also while it was read: the usual case, with one fstat.
    const length = this.#fill(fd);
    let stat = fstatSync(fd);
    refuseOther(stat, item.path);
    if (length > SMALL || (stat.size === length && fits(stat, item.stamp))) return length;
    const before = stat;
    const again = this.#fill(fd);
    stat = fstatSync(fd);
    if (again <= SMALL && (!same(before, stat) || stat.size !== again)) throw changed(item.path);
    return again;
  }

  #fill(fd: number): number {
    return readSync(fd, this.#buffer, 0, SMALL + 1, 0);
  }
}

/** A chunk lies in `buffer` until the next one is asked for. */
async function* chunksOf(path: BytePath, name: string, buffer: Uint8Array): AsyncGenerator<Uint8Array> {
  const handle = await open(fsPath(path), FLAGS).catch((error) => {
    throw unreadable(name, error);
  });
  try {
    const before = await handle.stat();
    refuseOther(before, name);
    const { size } = before;
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, length).catch((error) => {
        throw unreadable(name, error);
      });
      if (bytesRead === 0) break;
      length += bytesRead;
      if (length > size) throw changed(name);
      yield buffer.subarray(0, bytesRead);
    }
    if (length !== size || !same(before, await handle.stat())) throw changed(name);
  } finally {
    await handle.close();
  }
}

function refuseOther(stat: Stats, name: string): void {
  if (!stat.isFile()) throw new SourceError('ERR_SOURCE_ITEM_CHANGED', `${name} is not a file any more`);
}

const changed = (name: string): SourceError =>
  new SourceError('ERR_SOURCE_ITEM_CHANGED', `${name} changed while it was read; the next backup takes it`);

const unreadable = (name: string, error: unknown): SourceError =>
  new SourceError('ERR_SOURCE_ITEM_UNREADABLE', `cannot read ${name}: ${reasonOf(error)}`, { cause: error });
