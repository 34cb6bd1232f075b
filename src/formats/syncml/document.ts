/** What a document holds, whatever its encoding, and how large it may be. */
import { DocumentError } from './errors.ts';

export type DocumentEncoding = 'wbxml' | 'syncml-xml' | 'xml';

/** A segment and where it goes. A superset of the segment that a destination is handed. */
export interface Document {
  /** 16 bytes. */
  readonly set: Uint8Array;
  /** 16 bytes. */
  readonly database: Uint8Array;
  readonly stream: 'data' | 'index';
  /** Id of the segment, 8 bytes. */
  readonly id: Uint8Array;
  /** 16 bytes. */
  readonly salt: Uint8Array;
  /** URI of the place that is to store it: 1 to 4096 bytes of UTF-8 without control characters. */
  readonly target: string;
  /** Who sends it, likewise. */
  readonly source: string;
  /** SyncML's message number, 1 to 2^32 - 1; 1 when absent. Readers do not evaluate it. */
  readonly message?: number;
  /** At least one; each as it is stored, sealed or plain. */
  readonly frames: readonly Uint8Array[];
}

/** A document as it was read. */
export interface DecodedDocument extends Document {
  readonly encoding: DocumentEncoding;
  readonly message: number;
  /** Offset of each frame's first byte (in the XML encodings: first base64 character) in the document. */
  readonly offsets: readonly number[];
}

/** Bytes of a document: a segment of 64 MiB in the widest encoding fits. */
export const MAX_DOCUMENT = 128 * 1024 * 1024;

/** Frames in one document. */
export const MAX_DOCUMENT_FRAMES = 1 << 20;

/** Bytes of one frame. */
export const MAX_DOCUMENT_FRAME = 1024 * 1024;

/** Bytes of target or source. */
export const MAX_ADDRESS = 4096;

export const MAX_MESSAGE = 0xffff_ffff;

/** Controls, and what XML 1.0 §2.2 has no place for: both would not come back as they were. */
const UNSAFE = /[\p{Cc}\p{Cs}\ufffe\uffff]/u;

/** Whether a text can be target or source. The limit in bytes is checked where it is encoded or decoded. */
export const isAddress = (text: string): boolean => text !== '' && !UNSAFE.test(text);

/** @throws DocumentError `ERR_DOCUMENT_VALUE` unless the document can be encoded and read again */
export function checkDocument(document: Document): void {
  const { set, database, stream, id, salt, target, source, message = 1, frames } = document;
  for (const [name, value, length] of [
    ['set', set, 16],
    ['database', database, 16],
    ['id', id, 8],
    ['salt', salt, 16],
  ] as const)
    if (value.length !== length) throw bad(`${name} has ${value.length} bytes, not ${length}`);
  if (stream !== 'data' && stream !== 'index') throw bad('stream is neither data nor index');
  for (const [name, text] of [
    ['target', target],
    ['source', source],
  ] as const)
    if (!isAddress(text) || new TextEncoder().encode(text).length > MAX_ADDRESS)
      throw bad(`${name} is not 1 to ${MAX_ADDRESS} bytes of text without control characters`);
  if (!Number.isInteger(message) || message < 1 || message > MAX_MESSAGE)
    throw bad(`message number ${message} is not within 1 and ${MAX_MESSAGE}`);
  if (frames.length < 1 || frames.length > MAX_DOCUMENT_FRAMES)
    throw bad(`${frames.length} frames, not 1 to ${MAX_DOCUMENT_FRAMES}`);
  for (const frame of frames)
    if (frame.length > MAX_DOCUMENT_FRAME)
      throw bad(`a frame of ${frame.length} bytes, above ${MAX_DOCUMENT_FRAME}`);
}

const bad = (what: string): DocumentError => new DocumentError('ERR_DOCUMENT_VALUE', what);
