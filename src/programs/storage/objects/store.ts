import type { Readable } from 'node:stream';

export interface ObjectHead {
  readonly size: number;
  /** SHA-256 as verified when it was stored, base64url. */
  readonly digest: string;
}

/** An object opened for reading. Both ends of a range are included. */
export interface OpenObject extends ObjectHead {
  read(first: number, last: number): Promise<Uint8Array>;
  /** Closes the object when it ends or is destroyed. */
  stream(first: number, last: number): Readable;
  close(): Promise<void>;
}

/** `same`: these very bytes were there. `conflict`: others were, and still are. */
export type Stored = 'created' | 'same' | 'conflict';

/** An object on its way in. Nothing of it can be seen before `commit`, and nothing is left after `abort`. */
export interface ObjectWriter {
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /** Durable and visible when it resolves; never replaces what is there. */
  commit(digest: string): Promise<Stored>;
  abort(): Promise<void>;
}

export interface ListQuery {
  readonly prefix: string;
  /** Only paths behind this one. */
  readonly after: string;
  readonly limit: number;
}

export interface ListedObject {
  readonly path: string;
  readonly size: number;
}

/** Paths and area ids are checked by the caller (`api/area`): they hold nothing that a store could trip over. */
export interface ObjectStore {
  head(area: string, path: string): Promise<ObjectHead | undefined>;
  open(area: string, path: string): Promise<OpenObject | undefined>;
  create(area: string, path: string): Promise<ObjectWriter>;
  /** Durably; the size of what was removed. */
  remove(area: string, path: string): Promise<number | undefined>;
  /** Ascending by the bytes of the path. */
  list(area: string, query: ListQuery): Promise<{ readonly objects: ListedObject[]; readonly more: boolean }>;
  /** Everything, to count it. */
  all(area: string): AsyncIterable<ListedObject>;
}
