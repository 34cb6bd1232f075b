/** Property values as text: transfer encodings, character sets, escapes. Lenient: something readable always results. */
import { ascii, type Header, isQuotedPrintable } from './lines.ts';

/** The value's text, as people read it: one line, without escapes and control characters. */
export const readableText = (header: Header, value: Uint8Array): string =>
  oneLine(withoutEscapes(decodeText(header, value)));

/** Undoes quoted-printable or base64, then the character set. */
export function decodeText(header: Header, value: Uint8Array): string {
  return fromCharset(transferDecode(header, value), /CHARSET\s*=\s*"?([^";:]+)/.exec(header.params)?.[1]);
}

export function transferDecode(header: Header, value: Uint8Array): Uint8Array {
  if (isQuotedPrintable(header)) return fromQuotedPrintable(value);
  if (!/;\s*ENCODING\s*=\s*"?(B|BASE64)"?\s*(;|$)/.test(header.params)) return value;
  try {
    return Uint8Array.fromBase64(ascii(value, 0, value.length, value.length));
  } catch {
    return value;
  }
}

/** RFC 2045 §6.7; what is not an escape stays. */
function fromQuotedPrintable(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes[i] === 0x3d ? ascii(bytes, i + 1, Math.min(i + 3, bytes.length)) : '';
    if (/^[0-9a-f]{2}$/i.test(code)) {
      out[length++] = Number.parseInt(code, 16);
      i += 2;
    } else out[length++] = bytes[i]!;
  }
  return out.subarray(0, length);
}

/** The named character set, else UTF-8, else Latin-1: the last never fails. */
function fromCharset(bytes: Uint8Array, label: string | undefined): string {
  for (const charset of label ? [label.trim(), 'utf-8'] : ['utf-8']) {
    try {
      return new TextDecoder(charset, { fatal: true }).decode(bytes);
    } catch {
      // An unknown name, or bytes that do not fit it: the next may do.
    }
  }
  return new TextDecoder('latin1').decode(bytes);
}

/** Splits at `;` that are not escaped, and undoes the escapes (RFC 6350 §3.4). */
export const splitText = (text: string): string[] =>
  (text.match(/(?:\\[\s\S]|[^;\\])*(?:\\$)?(?:;|$)/g) ?? []).map((part) =>
    oneLine(withoutEscapes(part.replace(/;$/, ''))),
  );

const withoutEscapes = (text: string): string =>
  text.replace(/\\([nN,;:\\])/g, (_, c: string) => (c === 'n' || c === 'N' ? ' ' : c));

export const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** ISO 8601 in its basic and extended forms, as Unix ms; a date alone is its beginning in UTC; else 0. */
export function parseTime(text: string): number {
  const match =
    /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})(?:[.,](\d{1,3})\d*)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
      text,
    );
  if (!match) return 0;
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '', zone = 'Z'] = match;
  const local = Date.UTC(+year!, +month! - 1, +day!, +hour, +minute, +second, +fraction.padEnd(3, '0'));
  const sound = +month! <= 12 && +day! <= 31 && +day! > 0 && +hour <= 24 && +minute < 60 && +second <= 60;
  return sound ? local - offsetOf(zone) : 0;
}

/** Of `Z`, `+hhmm` or `+hh:mm`, in ms. */
function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone[0] === '-' ? -minutes : minutes) * 60_000;
}
