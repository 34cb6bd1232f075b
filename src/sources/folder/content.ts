/** The new bytes of a file: compared with what is there as they come, written to a temporary file once they differ. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { SourceError } from '../../database/index.ts';
import { type BytePath, fsPath, shown, type Temporary } from '../files/index.ts';
import { same } from './stamp.ts';

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A file that is there already, read along with the new bytes. */
export class Existing {
  readonly #path: BytePath;
  readonly #fd: number;
  readonly #before;
  #buffer = new Uint8Array(0);
  /** So many bytes from the start are the same. */
  #equal = 0;

  constructor(path: BytePath) {
    this.#path = path;
    this.#fd = openSync(fsPath(path), FLAGS);
    this.#before = fstatSync(this.#fd);
  }

  /** Whether it goes on with these bytes. */
  next(bytes: Uint8Array): boolean {
    if (this.#buffer.length < bytes.length) this.#buffer = new Uint8Array(bytes.length);
    const count = readSync(this.#fd, this.#buffer, 0, bytes.length, this.#equal);
    if (count !== bytes.length || Buffer.compare(this.#buffer.subarray(0, count), bytes) !== 0) return false;
    this.#equal += count;
    return true;
  }

  get atEnd(): boolean {
    return this.#equal === this.#before.size;
  }

  /** The bytes that were the same. */
  copyTo(temporary: Temporary): void {
    const buffer = new Uint8Array(Math.min(this.#equal, 1024 * 1024));
    for (let at = 0; at < this.#equal; ) {
      const count = readSync(this.#fd, buffer, 0, Math.min(buffer.length, this.#equal - at), at);
      if (count === 0) break;
      temporary.append(buffer.subarray(0, count));
      at += count;
    }
    // What was compared must be what was copied.
    if (!same(this.#before, fstatSync(this.#fd))) {
      const message = `${shown(this.#path)} changed while it was being restored; nothing was written`;
      throw new SourceError('ERR_SOURCE_ITEM_CHANGED', message);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Where the bytes go. `create` is not called in a dry run, nor as long as the bytes are those of `existing`. */
export class Incoming {
  readonly #existing: Existing | undefined;
  readonly #create: (() => Temporary) | undefined;
  readonly #hash: Hash | undefined;
  #same: boolean;
  #length = 0;
  temporary: Temporary | undefined;

  constructor(existing: Existing | undefined, create: (() => Temporary) | undefined, digest: boolean) {
    this.#existing = existing;
    this.#create = create;
    this.#hash = digest ? createHash('sha256') : undefined;
    this.#same = existing !== undefined;
  }

  write(bytes: Uint8Array): void {
    this.#hash?.update(bytes);
    this.#length += bytes.length;
    if (this.#same && this.#existing?.next(bytes)) return;
    this.#differ();
    this.temporary?.append(bytes);
  }

  /** No more bytes; whether the file has them already. */
  end(): boolean {
    if (!(this.#same && this.#existing?.atEnd)) this.#differ();
    return this.#same;
  }

  get length(): number {
    return this.#length;
  }

  /** SHA-256 of all bytes, if it was wanted. To be asked once, after `end`. */
  digest(): Uint8Array {
    return this.#hash?.digest() ?? new Uint8Array(0);
  }

  #differ(): void {
    this.#same = false;
    if (this.temporary || !this.#create) return;
    this.temporary = this.#create();
    this.#existing?.copyTo(this.temporary);
  }
}
