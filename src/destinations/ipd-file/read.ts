import type { FileHandle } from 'node:fs/promises';
import { DestinationError, type FrameRange, type SegmentData } from '../../set/index.ts';
import type { Contents, StoredObject } from './contents.ts';
import { fileFailure } from './errors.ts';
import type { Run } from './payloads.ts';

/** Bytes of the file read at once, gaps between payloads included. */
const AT_ONCE = 4 * 1024 * 1024;

/** Gives objects out of a file, by what is known to lie in it. */
export class Reading {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #contents: Contents;

  constructor(path: string, file: FileHandle, contents: Contents) {
    this.#path = path;
    this.#file = file;
    this.#contents = contents;
  }

  async segment(name: string): Promise<SegmentData> {
    const object = this.#object(name);
    if (object.kind !== 'segment') throw this.#malformed(name, `is no segment but a ${object.kind}`);
    const { set, database, stream, id, salt } = object.opening;
    const bytes = await this.#bytes(object, 0, object.payloads.size);
    let at = 0;
    const frames = object.payloads.lengths().map((length) => bytes.subarray(at, (at += length)));
    return { set, database, stream, id, salt, frames };
  }

  async range({ name, offset, length }: FrameRange): Promise<Uint8Array> {
    const object = this.#object(name);
    if (offset < 0 || length < 0 || offset + length > object.payloads.size)
      throw this.#malformed(name, `has no bytes ${offset} to ${offset + length}`);
    return this.#bytes(object, offset, offset + length);
  }

  async object(name: string, limit: number): Promise<Uint8Array> {
    const object = this.#object(name);
    const { size } = object.payloads;
    if (object.kind === 'segment') throw this.#malformed(name, 'is a segment');
    if (size > limit) throw this.#malformed(name, `has ${size} bytes, more than ${limit}`);
    return this.#bytes(object, 0, size);
  }

  #object(name: string): StoredObject {
    const object = this.#contents.get(name);
    if (object) return object;
    throw new DestinationError('ERR_OBJECT_MISSING', `${this.#path}: ${name} is not in it`);
  }

  /** Payloads lie close together: they are read with what lies between them. */
  async #bytes({ payloads }: StoredObject, from: number, to: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(to - from);
    let at = 0;
    let near: Run[] = [];
    const read = async (): Promise<void> => {
      const [first] = near;
      const last = near.at(-1);
      if (!first || !last) return;
      const window = await this.#read(first.position, last.position + last.length - first.position);
      for (const { position, length } of near) {
        bytes.set(window.subarray(position - first.position, position - first.position + length), at);
        at += length;
      }
    };
    for (const run of payloads.runs(from, to)) {
      const [first] = near;
      if (first && run.position + run.length - first.position > AT_ONCE) {
        await read();
        near = [];
      }
      near.push(run);
    }
    await read();
    return bytes;
  }

  async #read(position: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await this.#file
        .read(bytes, at, length - at, position + at)
        .catch((cause) => Promise.reject(fileFailure(this.#path, cause)));
      if (bytesRead === 0)
        throw new DestinationError(
          'ERR_OBJECT_MALFORMED',
          `${this.#path}: it has become shorter since it was opened`,
        );
      at += bytesRead;
    }
    return bytes;
  }

  #malformed(name: string, what: string): DestinationError {
    return new DestinationError('ERR_OBJECT_MALFORMED', `${this.#path}: ${name} ${what}`);
  }
}
