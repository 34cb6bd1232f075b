import { concat, fromHex, utf8 } from '../../../lib/bytes.ts';

/** The few forms of DER (X.690 §10) that a certificate has. */
export const der = {
  sequence: (...parts: readonly Uint8Array[]): Uint8Array => tagged(0x30, concat(...parts)),
  set: (part: Uint8Array): Uint8Array => tagged(0x31, part),
  /** Unsigned, big-endian. */
  integer: (bytes: Uint8Array): Uint8Array =>
    tagged(0x02, bytes[0]! & 0x80 ? concat(Uint8Array.of(0), bytes) : bytes),
  true: fromHex('0101ff'),
  bits: (bytes: Uint8Array, unused = 0): Uint8Array => tagged(0x03, concat(Uint8Array.of(unused), bytes)),
  octets: (bytes: Uint8Array): Uint8Array => tagged(0x04, bytes),
  utf8: (text: string): Uint8Array => tagged(0x0c, utf8(text)),
  /** GeneralizedTime, seconds, UTC; UTCTime until 2049 (RFC 5280 §4.1.2.5). */
  time(date: Date): Uint8Array {
    const text = `${date
      .toISOString()
      .replace(/\.\d+Z$/, 'Z')
      .replace(/[-:T]/g, '')}`;
    return date.getUTCFullYear() < 2050 ? tagged(0x17, utf8(text.slice(2))) : tagged(0x18, utf8(text));
  },
  /** In a choice, instead of an octet string's own tag. */
  tagged: (number: number, bytes: Uint8Array): Uint8Array => tagged(0x80 | number, bytes),
  explicit: (number: number, part: Uint8Array): Uint8Array => tagged(0xa0 | number, part),
};

/** Object identifiers, encoded. */
export const oid = {
  commonName: fromHex('0603550403'),
  ecdsaWithSha256: fromHex('06082a8648ce3d040302'),
  sha256WithRsa: fromHex('06092a864886f70d01010b'),
  basicConstraints: fromHex('0603551d13'),
  keyUsage: fromHex('0603551d0f'),
  subjectKeyIdentifier: fromHex('0603551d0e'),
  authorityKeyIdentifier: fromHex('0603551d23'),
};

function tagged(tag: number, content: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(tag), lengthOf(content.length), content);
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  return length < 0x100 ? Uint8Array.of(0x81, length) : Uint8Array.of(0x82, length >> 8, length & 0xff);
}
