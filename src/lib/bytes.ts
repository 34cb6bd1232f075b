/** Bytes: the few helpers that every room needs, for Node and browser alike. */

const encoder = new TextEncoder();
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Decodes UTF-8; invalid bytes become U+FFFD. For showing only. */
export const fromUtf8 = (bytes: Uint8Array): string => lenient.decode(bytes);

/** Decodes UTF-8; throws a `TypeError` on invalid bytes. For what must come back as it was. */
export const fromUtf8Strict = (bytes: Uint8Array): string => strict.decode(bytes);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Byte order: shorter first when one is the beginning of the other. The order of every uid. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Equality in time that depends on the lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

export const toHex = (bytes: Uint8Array): string => bytes.toHex();

export const fromHex = (text: string): Uint8Array => Uint8Array.fromHex(text);

/** RFC 4648 §5, without padding. */
export const toBase64Url = (bytes: Uint8Array): string =>
  bytes.toBase64({ alphabet: 'base64url', omitPadding: true });

/** RFC 4648 §5, without padding; throws a `SyntaxError` unless it is the one canonical spelling. */
export function fromBase64Url(text: string): Uint8Array {
  const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' });
  if (toBase64Url(bytes) !== text) throw new SyntaxError('not canonical base64url');
  return bytes;
}

/** Shows bytes that are mostly text: printable UTF-8 as it is, everything else as `\xHH`. */
export function showBytes(bytes: Uint8Array): string {
  let text: string;
  try {
    text = fromUtf8Strict(bytes);
  } catch {
    text = '';
    for (const byte of bytes) text += byte < 0x80 ? escaped(String.fromCharCode(byte)) : hexEscape(byte);
    return text;
  }
  return escaped(text);
}

const escaped = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to be escaped
  text.replace(/[\u0000-\u001f\u007f\\]/g, (c) => (c === '\\' ? '\\\\' : hexEscape(c.charCodeAt(0))));

const hexEscape = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

/** The inverse of {@link showBytes}: `\xHH` and `\\` are undone, the rest is UTF-8. */
export function parseShown(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const piece of text.split(/(\\x[0-9a-fA-F]{2}|\\\\)/)) {
    if (piece === '\\\\') parts.push(utf8('\\'));
    else if (piece.length === 4 && piece.startsWith('\\x')) parts.push(fromHex(piece.slice(2)));
    else if (piece) parts.push(utf8(piece));
  }
  return concat(...parts);
}

/**
 * Gives back the memory that `bytes` lie in, all of it and now: V8 looks after memory outside of its heap only when tens
 * of MiB have piled up. Nobody else may need it: views of it are empty from here on. So never what `Buffer.from` or
 * `Buffer.allocUnsafe` gave, which may lie in a pool.
 */
export function release({ buffer }: Uint8Array): void {
  // Once is enough: views of the same memory may follow each other.
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
