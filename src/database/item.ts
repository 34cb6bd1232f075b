/**
 * Data item: one contact, event, message or file of a database, as its native application has it.
 */

/** What an item belongs to. Policy assigns it from source kind, account, path or domain. */
export type ItemClass = 'enterprise' | 'personal';

/** At most this many bytes of uid: longer ones are refused by the source that meets them. */
export const MAX_UID = 4096;

/** Small facts about an item that its bytes do not hold, restored with it. Absent = not known. */
export interface Attributes {
  /** Permission bits of a file, `0o7777` at most. */
  readonly mode?: number;
  /** The item is a symbolic link to these bytes; its content is empty. */
  readonly link?: Uint8Array;
  /** The item is a directory, empty or not: its uid ends in `/`, its content is empty. */
  readonly directory?: true;
  /** How its file is called, where the uid says only a part of that: a mail message's name also holds its flags. */
  readonly name?: Uint8Array;
  /** Where the item stood among its neighbours when it was read: new items are restored in this order. */
  readonly position?: number;
}

/** Everything about an item but its bytes. */
export interface ItemHead {
  /** Stable identity within the database, at most {@link MAX_UID} bytes; for a file its relative path. */
  readonly uid: Uint8Array;
  /** For people: a name, a subject. May be empty; never needed to restore. */
  readonly title: string;
  /** Media type, e.g. `text/vcard`; `application/octet-stream` when not known. */
  readonly type: string;
  /** Last change in Unix ms; 0 when the source does not know. */
  readonly time: number;
  readonly attributes: Attributes;
}

/** An item as a source lists it, before its bytes are read. */
export interface ListedItem extends ItemHead {
  /**
   * Says whether the item may have changed: equal stamps of one source and uid mean equal bytes and attributes.
   * Opaque to everyone else; at most 64 bytes.
   */
  readonly stamp: Uint8Array;
  /** Length in bytes as listed; the bytes read are what counts. */
  readonly size: number;
  /** What policy may classify by: the path below the source, an account, a domain. */
  readonly path: string;
}

/**
 * The bytes of an item: small ones whole (valid until the next read), large ones in pieces (each valid until the next
 * one is asked for).
 */
export type Content =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array> };
