/** BER-TLV (ISO 7816-4 §5.2.2), as far as PIV needs it. */

export function tlv(tag: string, ...values: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(values);
  const length =
    value.length < 0x80
      ? [value.length]
      : value.length < 0x100
        ? [0x81, value.length]
        : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.from(tag, 'hex'), Buffer.from(length), value]);
}

/** Values of one-byte tags, one level deep. */
export function parseTlv(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at++);
    let length = bytes.readUInt8(at++);
    if (length === 0x81) length = bytes.readUInt8(at++);
    else if (length === 0x82) {
      length = bytes.readUInt16BE(at);
      at += 2;
    }
    found.set(tag, bytes.subarray(at, at + length));
    at += length;
  }
  return found;
}
