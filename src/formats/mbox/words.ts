/** Header text: encoded words (RFC 2047) and raw bytes, leniently: something readable always results. */

const WORD = /=\?([^?*\s]{1,64})(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;

export function decodeWords(bytes: Uint8Array): string {
  const text = decodeBytes(bytes);
  // White space between two encoded words is not part of the text (§6.2).
  return text
    .replace(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[bq]\?)/gi, '$1')
    .replace(WORD, (word, charset: string, encoding: string, value: string) => {
      const decoded = encoding.toLowerCase() === 'b' ? fromBase64(value) : fromQ(value);
      return decoded ? decodeBytes(decoded, charset) : word;
    });
}

export const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** The named character set, else UTF-8, else Latin-1: the last never fails. */
function decodeBytes(bytes: Uint8Array, charset?: string): string {
  for (const label of charset ? [charset, 'utf-8'] : ['utf-8']) {
    try {
      return new TextDecoder(label, { fatal: true }).decode(bytes);
    } catch {
      // An unknown name, or bytes that do not fit it: the next may do.
    }
  }
  return new TextDecoder('latin1').decode(bytes);
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text.replace(/[^A-Za-z0-9+/]/g, ''));
  } catch {
    return undefined;
  }
}

function fromQ(text: string): Uint8Array {
  const plain = text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}
