import { concat, fromUtf8Strict, utf8 } from '../../lib/bytes.ts';

const windows = new TextDecoder('windows-1252');

/**
 * Text of a name or a field, for showing. All NULs at its end are dropped, for some writers store none, some several
 * (Barry). Old programs wrote Windows-1252 (Barry); we write UTF-8, and what is valid UTF-8 is read as such.
 */
export function readIpdText(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  const text = bytes.subarray(0, end);
  try {
    return fromUtf8Strict(text);
  } catch {
    return windows.decode(text);
  }
}

/** A name as the header stores it: UTF-8 and one NUL. */
export const ipdName = (text: string): Uint8Array => concat(utf8(text), Uint8Array.of(0));
