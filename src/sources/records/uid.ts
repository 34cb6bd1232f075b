/** Uids of records: the file, if it is one of several, and the id within it. One character a byte. */
import { type BytePath, fromBytes, toBytes } from '../files/index.ts';

export interface RecordUid {
  /** Empty: the one file of the place. */
  readonly file: BytePath;
  readonly id: string;
}

/** A longer id is not taken as one. */
export const MAX_ID = 3000;

const BY_CONTENT = 'sha256:';
const LAYOUT = ':layout';

export function formatUid({ file, id }: RecordUid): string {
  return file !== '' || id.includes('/') ? `${file}/${id}` : id;
}

export function parseUid(uid: string): RecordUid {
  const slash = uid.indexOf('/');
  return slash < 0 ? { file: '', id: uid } : { file: uid.slice(0, slash), id: uid.slice(slash + 1) };
}

/** An id as a file has it: none when it looks like one of ours. */
export const ownId = (id: string | undefined): string | undefined =>
  id === undefined || id === '' || id.length > MAX_ID || isContentId(id) || id.startsWith(LAYOUT)
    ? undefined
    : id;

/** @param body a digest, one character a byte */
export const contentId = (body: string): string => BY_CONTENT + toBytes(body).subarray(0, 16).toHex();

export const isContentId = (id: string): boolean => id.startsWith(BY_CONTENT);

/** The same text in memory of its own: one cut out of another keeps all of that alive. */
export const apart = (text: string): string => fromBytes(toBytes(text));

/** Further items of one id. */
export const copyId = (id: string, copy: number): string => (copy === 1 ? id : `${id}#${copy}`);

/** The how manieth of its base an id is; 1 when it is made of another base. */
export function copyOf(id: string, base: string): number {
  if (!id.startsWith(`${base}#`)) return 1;
  const number = id.slice(base.length + 1);
  return /^[1-9]\d{0,8}$/.test(number) ? Number(number) : 1;
}

/** @param after mark of the item before the piece; empty for the first one */
export const layoutId = (after: string): string => (after === '' ? LAYOUT : `${LAYOUT}:${after}`);

/** The mark in the id of a layout; undefined when it is none. */
export function layoutMark(id: string): string | undefined {
  const match = /^:layout(?::([0-9a-f]{16}))?$/.exec(id);
  return match ? (match[1] ?? '') : undefined;
}
