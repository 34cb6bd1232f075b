import { createHash } from 'node:crypto';
import { concat, utf8 } from '../../../lib/bytes.ts';

/**
 * The key that wraps with `ECDH-ES+A256KW`: one round of the Concat KDF with SHA-256 (RFC 7518 §4.6.2, NIST SP
 * 800-56A §5.8.1) over the shared secret.
 */
export function wrappingKey(secret: Uint8Array, apu: Uint8Array, apv: Uint8Array): Uint8Array {
  return deriveKey(secret, 'ECDH-ES+A256KW', apu, apv, 256);
}

/** 32 bytes at most, as one round gives; `bits` is a multiple of 8. */
export function deriveKey(
  secret: Uint8Array,
  algorithm: string,
  apu: Uint8Array,
  apv: Uint8Array,
  bits: number,
): Uint8Array {
  const info = concat(counted(utf8(algorithm)), counted(apu), counted(apv), u32(bits));
  return new Uint8Array(createHash('sha256').update(u32(1)).update(secret).update(info).digest()).slice(
    0,
    bits / 8,
  );
}

const counted = (bytes: Uint8Array): Uint8Array => concat(u32(bytes.length), bytes);

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
