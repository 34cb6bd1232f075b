/** What an IPD file consists of, in the order of its bytes: a header, then the other parts in any number. */

/** "Inter@ctive Pager Backup/Restore File" and the line feed behind it (ipddump: "the line feed used in text"). */
export const IPD_MAGIC: Uint8Array = new TextEncoder().encode('Inter@ctive Pager Backup/Restore File\n');

/** The only version that was ever seen; ccl_ipd and ipddump take any, all others this one. */
export const IPD_VERSION = 2;

/** Bytes before the first name: magic, version, number of databases (u16 BIG-endian), 00. */
export const IPD_HEAD = 42;

/** Bytes of a record before its fields: database, length, version, handle, unique id. */
export const IPD_RECORD_HEAD = 13;

/** Bytes of a record that its length does not count: database and the length itself. */
export const IPD_LENGTH_END = 6;

/** Least length of a record: version, handle, unique id. */
export const IPD_LEAST_LENGTH = 7;

/** Bytes of a field before its data: length and type. */
export const IPD_FIELD_HEAD = 3;

/** Data of one field at most; longer values are chained fields (Barry: Content Store). */
export const IPD_FIELD_MAX = 0xffff;

/** No database, but a mark of old programs: see {@link IpdRest}. */
export const IPD_MARKER = 0xffff;

export interface IpdHeader {
  readonly kind: 'header';
  /** As stored, with the NUL that ends a name and that its length counts. A database's id is its place here, from 0. */
  readonly names: readonly Uint8Array[];
}

export interface IpdField {
  /** 0 to 255. May come several times in a record; order counts (first name, last name). */
  readonly type: number;
  readonly data: Uint8Array;
}

export interface IpdRecord {
  readonly kind: 'record';
  /** Place in the header's names; a file may have records of databases that it does not name. */
  readonly database: number;
  /** Of this record, not of the file (bb.c 0.2); what the device calls the record's type (Barry). */
  readonly version: number;
  /** Counts over the whole file from 1, sometimes skips (Barry, ipddump), and wraps: never a key. */
  readonly handle: number;
  /** "Generally unique, but not all devices mandate this" (barrybackup(1)): never a key. */
  readonly uniqueId: number;
  readonly fields: readonly IpdField[];
  /** From the first field that does not fit its record to the record's end; mostly empty. */
  readonly tail: Uint8Array;
}

/** What has a record's database and length but no more: its length is too short, or its database is the marker. */
export interface IpdOpaque {
  readonly kind: 'opaque';
  readonly database: number;
  /** Behind the length. */
  readonly body: Uint8Array;
}

/**
 * Bytes that are kept but not read, up to the end of the file; in pieces.
 * - `marker`: from a database id FFFF without a length that fits on. Old programs end the data so.
 * - `cut`: the file ends within this record
 * - `overlong`: this record is longer than the reader takes
 */
export interface IpdRest {
  readonly kind: 'rest';
  readonly reason: 'marker' | 'cut' | 'overlong';
  readonly bytes: Uint8Array;
}

export type IpdPart = IpdHeader | IpdRecord | IpdOpaque | IpdRest;
