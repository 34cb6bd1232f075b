/**
 * Source: reads and writes one database of a native application.
 *
 * A source hands out the exact bytes that the application had, never a re-serialisation; it looks into them only
 * for uid, title and time. It knows nothing of policy, encryption or destinations.
 */
import type { Content, ItemHead, ListedItem } from './item.ts';

export interface Source {
  /** `vcard`, `folder`, ... */
  readonly kind: string;

  /**
   * All items in ascending byte order of uid, each uid once, in batches of up to about a thousand.
   *
   * Throws a `SourceError` of kind `failed` when the listing cannot be completed or the source is not there
   * (unmounted, unreadable); nothing then counts as deleted (U6). An item that cannot be listed alone is
   * reported through `skip`, and is carried over as it was.
   */
  list(skip: (skipped: SkippedItem) => void): AsyncIterable<readonly ListedItem[]>;

  /**
   * The bytes of an item as they are now. Throws a `SourceError` when they cannot be read, or changed while
   * they were read; the item is then carried over and reported.
   */
  read(item: ListedItem): Content | Promise<Content>;

  /** Opens the source for writing back; creates it when it is not there. One writer at a time. */
  writer(options: WriterOptions): Promise<SourceWriter>;

  /** Ends what `list` and `read` keep open. */
  close(): Promise<void>;
}

export interface SkippedItem {
  /**
   * A uid that ends in `/` stands for itself and everything below it, an empty one for all that the source has: what is
   * not listed of that is carried over.
   */
  readonly uid: Uint8Array;
  /** For people: what and why. */
  readonly reason: string;
}

export interface WriterOptions {
  /** Do not replace a changed item: write the restored one beside it under another name (U7). */
  readonly keepBoth: boolean;
  /** Only say what would be done. */
  readonly dryRun: boolean;
}

/** `kept` = it was already there, byte for byte. */
export type Written = 'added' | 'replaced' | 'kept' | 'kept-both';

/**
 * Adds and replaces; never deletes, never doubles (U7). Each item is written whole or not at all; one whose
 * `content` throws is not written. What the application had is intact until the new bytes are complete.
 */
export interface SourceWriter {
  /** The bytes are the caller's again when it has resolved, a chunk of them when the next one is asked for. */
  put(item: ItemHead, size: number, content: Content): Promise<Written>;
  /**
   * Everything of `commit` that can fail for want of room, with nothing visible yet: of several writers none commits
   * before all have got so far. Nothing is put afterwards.
   */
  prepare?(): Promise<void>;
  /** Makes everything durable and visible. */
  commit(): Promise<void>;
  /** Leaves everything not yet committed as it was, as far as the kind allows, and removes temporary files. */
  abort(): Promise<void>;
}
