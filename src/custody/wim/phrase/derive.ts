import { hkdfSync } from 'node:crypto';
import { fromHex, toHex } from '../../../lib/bytes.ts';
import { type SecretScalars, wayInFromScalars } from '../software/index.ts';
import type { WayIn } from '../way-in.ts';
import { entropyOf } from './words.ts';

/** n, the order of P-256's base point (SP 800-186 §3.2.1.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * The way in that a phrase is; its name is `recovery phrase` unless told.
 * @throws WimError `ERR_PHRASE`
 */
export const wayInFromPhrase = (typed: string, name = 'recovery phrase'): Promise<WayIn> =>
  wayInFromScalars('phrase', name, scalarsOf(entropyOf(typed)));

/** docs/format/personal.md, "Recovery phrase". */
export const scalarsOf = (entropy: Uint8Array): SecretScalars => ({
  decipher: scalar(entropy, 'holdfast/1 phrase decipher'),
  signature: scalar(entropy, 'holdfast/1 phrase signature'),
});

/** FIPS 186-5 A.2.1: 128 bits more than the order has leave no bias that counts. */
function scalar(entropy: Uint8Array, info: string): Uint8Array {
  const wide = new Uint8Array(hkdfSync('sha256', entropy, new Uint8Array(0), info, 48));
  const reduced = (BigInt(`0x${toHex(wide)}`) % (ORDER - 1n)) + 1n;
  return fromHex(reduced.toString(16).padStart(64, '0'));
}
