/** Temporary files: exclusive, beside the place that they are to take, and all known so that an abort removes them. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  lutimesSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { OpenDirectory, removeOwn } from './directory.ts';
import { errnoOf } from './failure.ts';
import { type BytePath, fsPath, join } from './path.ts';
import { SessionLock, temporaryName } from './session.ts';

// O_NOFOLLOW is implied by O_EXCL on Linux, but not everywhere.
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** An open temporary file. Bytes are appended; `read` gets them back. */
export interface Temporary {
  readonly path: BytePath;
  readonly fd: number;
  readonly length: number;
  append(bytes: Uint8Array): void;
  read(offset: number, length: number): Uint8Array;
  /** Nothing more is appended or read: only its place is to be taken. */
  end(): void;
  /** Takes the place of `path`, in one step. The file is closed before. */
  moveTo(path: BytePath): void;
  /** Closes and removes it, if it is still there. */
  discard(): void;
}

export class Temporaries {
  readonly #session = randomBytes(12).toString('base64url');
  #count = 0;
  readonly #open = new Set<OpenTemporary>();
  /** By the path below which things in them are named. */
  readonly #directories = new Map<BytePath, { readonly open: OpenDirectory; readonly path: BytePath }>();
  readonly #locks = new Map<BytePath, SessionLock>();

  /** @param mode permission bits, less the umask */
  create(directory: BytePath, mode: number): Temporary {
    const path = this.#name(directory);
    const temporary = new OpenTemporary(path, openSync(fsPath(path), FLAGS, mode), (done) =>
      this.#open.delete(done),
    );
    this.#open.add(temporary);
    return temporary;
  }

  /**
   * A symbolic link takes the place of `path`, in one step.
   *
   * @param time Unix ms; 0 when not known
   */
  link(directory: BytePath, target: Uint8Array, time: number, path: BytePath): void {
    const temporary = fsPath(this.#name(directory));
    symlinkSync(Buffer.from(target), temporary);
    try {
      if (time !== 0) lutimesSync(temporary, time / 1000, time / 1000);
      renameSync(temporary, fsPath(path));
    } catch (error) {
      unlinkSync(temporary);
      throw error;
    }
  }

  /** A directory, closed to others; `discardAll` removes it and all that is in it. @returns see `OpenDirectory` */
  directory(parent: BytePath): BytePath {
    const path = this.#name(parent);
    mkdirSync(fsPath(path), 0o700);
    const open = new OpenDirectory(path);
    if (!open.own) {
      open.close();
      throw new Error('a temporary directory was replaced by somebody else');
    }
    this.#directories.set(open.path, { open, path });
    return open.path;
  }

  discardAll(): void {
    for (const temporary of [...this.#open]) temporary.discard();
    for (const { open, path } of this.#directories.values()) {
      open.close();
      remove(path);
    }
    this.#directories.clear();
    for (const lock of this.#locks.values()) lock.release();
    this.#locks.clear();
  }

  #name(directory: BytePath): BytePath {
    // What lies in a directory of this session goes with it.
    if (!this.#directories.has(directory) && !this.#locks.has(directory))
      this.#locks.set(directory, new SessionLock(directory, this.#session));
    return join(directory, temporaryName(this.#session, ++this.#count));
  }
}

function remove(directory: BytePath): void {
  try {
    removeOwn(directory);
  } catch (error) {
    // Gone, or somebody has put something else there: that is theirs.
    if (!['ENOENT', 'ENOTDIR', 'ELOOP', 'ENOTEMPTY'].includes(errnoOf(error) ?? 'ENOENT')) throw error;
  }
}

class OpenTemporary implements Temporary {
  readonly path: BytePath;
  readonly fd: number;
  readonly #done: (self: OpenTemporary) => void;
  #length = 0;
  #closed = false;
  #moved = false;

  constructor(path: BytePath, fd: number, done: (self: OpenTemporary) => void) {
    this.path = path;
    this.fd = fd;
    this.#done = done;
  }

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; )
      at += writeSync(this.fd, bytes, at, bytes.length - at, this.#length + at);
    this.#length += bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const count = readSync(this.fd, bytes, at, length - at, offset + at);
      if (count === 0) throw new Error('a temporary file was cut short');
      at += count;
    }
    return bytes;
  }

  end(): void {
    this.#close();
  }

  moveTo(path: BytePath): void {
    this.#close();
    renameSync(fsPath(this.path), fsPath(path));
    this.#moved = true;
    this.#done(this);
  }

  discard(): void {
    if (this.#moved) return;
    this.#close();
    this.#done(this);
    try {
      unlinkSync(fsPath(this.path));
    } catch {
      // Removed by someone else: it is gone.
    }
  }

  #close(): void {
    if (!this.#closed) closeSync(this.fd);
    this.#closed = true;
  }
}
