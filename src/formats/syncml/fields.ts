/** The fields of a document as text, and back: ids and salt in base64url, numbers in decimal. */
import { fromBase64Url } from '../../lib/bytes.ts';
import { type Cursor, type Name, readText } from './cursor.ts';
import { isAddress, MAX_ADDRESS, MAX_DOCUMENT_FRAME, MAX_DOCUMENT_FRAMES, MAX_MESSAGE } from './document.ts';
import { DocumentError } from './errors.ts';

/** Longest text of an id, a number or a keyword. */
export const MAX_FIELD = 64;

/** @throws DocumentError unless `text` is the one base64url spelling of `length` bytes */
export function parseId(what: string, text: string, length: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = fromBase64Url(text);
  } catch (cause) {
    throw malformed(`${what} is not base64url`, { cause });
  }
  if (bytes.length !== length) throw malformed(`${what} has ${bytes.length} bytes, not ${length}`);
  return bytes;
}

export function parseStream(text: string): 'data' | 'index' {
  if (text !== 'data' && text !== 'index') throw malformed('a stream that is neither data nor index');
  return text;
}

export function parseMessage(text: string): number {
  const message = Number(text);
  if (!/^[1-9][0-9]{0,9}$/.test(text) || message > MAX_MESSAGE) throw malformed('no message number');
  return message;
}

/** Reads an element that holds a target or a source. */
export function readAddress<T extends Name>(cursor: Cursor<T>, tag: T): string {
  const text = readText(cursor, tag, MAX_ADDRESS);
  if (!isAddress(text)) throw malformed(`${tag.name} with control characters`);
  return text;
}

/** Reads an element whose text is fixed. */
export function readFixed<T extends Name>(cursor: Cursor<T>, tag: T, expected: string): void {
  if (readText(cursor, tag, MAX_FIELD) !== expected) throw malformed(`${tag.name} is not ${expected}`);
}

/** Reads an element that holds one frame, and appends it. */
export function readFrame<T extends Name>(
  cursor: Cursor<T>,
  tag: T,
  into: { readonly frames: Uint8Array[]; readonly offsets: number[] },
): void {
  cursor.enter(tag);
  const { bytes, offset } = cursor.frame();
  cursor.leave();
  if (bytes.length > MAX_DOCUMENT_FRAME) throw limit(`a frame of ${bytes.length} bytes`);
  if (into.frames.length >= MAX_DOCUMENT_FRAMES) throw limit(`more than ${MAX_DOCUMENT_FRAMES} frames`);
  into.frames.push(bytes);
  into.offsets.push(offset);
}

export const malformed = (what: string, options?: ErrorOptions): DocumentError =>
  new DocumentError('ERR_DOCUMENT_MALFORMED', what, options);

export const limit = (what: string): DocumentError => new DocumentError('ERR_DOCUMENT_LIMIT', what);
