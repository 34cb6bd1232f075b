import { createHash } from 'node:crypto';
import { utf8 } from '../../../lib/bytes.ts';

const HASH = 32;
const LABEL_HASH = sha256(utf8(''));

/**
 * Undoes RSA-OAEP with SHA-256 and MGF1-SHA256 (RFC 8017 §7.1.2) for a message of exactly the length of `otherwise`,
 * and gives `otherwise` when the padding is not valid. No branch and no index depends on the block's bytes: which
 * check failed, or that one did, is not to be told by time (Manger's attack).
 *
 * @param block as long as the modulus
 */
export function unpadOaep(block: Uint8Array, otherwise: Uint8Array): Uint8Array {
  const message = otherwise.length;
  const rest = block.length - 1 - HASH;
  if (rest < HASH + 1 + message) throw new RangeError('the modulus is too short for the message');

  const seed = xor(block.subarray(1, 1 + HASH), mgf1(block.subarray(1 + HASH), HASH));
  const data = xor(block.subarray(1 + HASH), mgf1(seed, rest));

  // data = label hash | zeros | 01 | message; with the message's length known, all places are.
  let bad = block[0]!;
  for (let i = 0; i < HASH; i++) bad |= data[i]! ^ LABEL_HASH[i]!;
  const one = rest - message - 1;
  for (let i = HASH; i < one; i++) bad |= data[i]!;
  bad |= data[one]! ^ 1;

  // All ones when bad is 0, all zeros otherwise.
  const good = (bad - 1) >> 31;
  const result = new Uint8Array(message);
  for (let i = 0; i < message; i++) result[i] = (data[one + 1 + i]! & good) | (otherwise[i]! & ~good);
  return result;
}

/** RFC 8017 §B.2.1 with SHA-256. */
function mgf1(seed: Uint8Array, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  const counter = new Uint8Array(4);
  for (let at = 0, i = 0; at < length; at += HASH, i++) {
    new DataView(counter.buffer).setUint32(0, i);
    const part = new Uint8Array(createHash('sha256').update(seed).update(counter).digest());
    mask.set(part.subarray(0, Math.min(HASH, length - at)), at);
  }
  return mask;
}

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ b[i]!);

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
