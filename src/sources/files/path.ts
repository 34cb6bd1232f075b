/**
 * Paths as bytes. A name need not be UTF-8, so a path is kept as a string with one character (below 256) a byte:
 * comparing such strings compares the bytes.
 */
import { fromUtf8 } from '../../lib/bytes.ts';

export type BytePath = string;

export const fromBytes = (bytes: Uint8Array): BytePath =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

export const fromText = (text: string): BytePath => fromBytes(Buffer.from(text));

export function toBytes(path: BytePath): Uint8Array {
  const bytes = new Uint8Array(path.length);
  for (let at = 0; at < path.length; at++) bytes[at] = path.charCodeAt(at);
  return bytes;
}

/** Most names are: they are the same as bytes and as text. */
const isAscii = (path: BytePath): boolean => !/[\x80-\xff]/.test(path);

/** What `node:fs` takes. */
export const fsPath = (path: BytePath): string | Buffer =>
  isAscii(path) ? path : Buffer.from(path, 'latin1');

/** For people and for classifying; bytes that are not UTF-8 become U+FFFD. */
export const shown = (path: BytePath): string =>
  isAscii(path) ? path : fromUtf8(Buffer.from(path, 'latin1'));

export function join(directory: BytePath, name: BytePath): BytePath {
  if (name === '') return directory;
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

/** The directory that holds it: `.` for a bare name, `/` for what lies in the root. */
export function parentOf(path: BytePath): BytePath {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}
