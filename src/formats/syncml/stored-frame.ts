/** A frame as it lies in a document: as it is in `wbxml`, in base64 (RFC 4648 §4) in the XML encodings. */
import { fromUtf8 } from '../../lib/bytes.ts';
import type { DocumentEncoding } from './document.ts';
import { DocumentError } from './errors.ts';

/** How many bytes of the document a frame of `length` bytes takes: what a range read has to ask for. */
export const storedFrameLength = (encoding: DocumentEncoding, length: number): number =>
  encoding === 'wbxml' ? length : Math.ceil(length / 3) * 4;

/** The frame in a range of a document. @throws DocumentError when it is not the one canonical spelling */
export function decodeStoredFrame(encoding: DocumentEncoding, stored: Uint8Array): Uint8Array {
  return encoding === 'wbxml' ? stored : fromBase64(stored);
}

/** Strict base64: padded, nothing between, no spare bits. */
export function fromBase64(stored: Uint8Array): Uint8Array {
  let frame: Uint8Array;
  try {
    frame = Uint8Array.fromBase64(fromUtf8(stored), { lastChunkHandling: 'strict' });
  } catch (cause) {
    throw new DocumentError('ERR_DOCUMENT_MALFORMED', 'a frame that is not base64', { cause });
  }
  // The decoder passes over white space, which would make two spellings of one frame.
  if (storedFrameLength('xml', frame.length) !== stored.length)
    throw new DocumentError('ERR_DOCUMENT_MALFORMED', 'a frame with white space in its base64');
  return frame;
}
