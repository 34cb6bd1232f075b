/** Private keys on the card, and what it does with them: always on raw input, as PIV cards do. */
import {
  constants,
  createECDH,
  createPrivateKey,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from 'node:crypto';

/** PEM, so that it can be sent to another process. */
export interface CardKey {
  readonly privateKey: string;
  /** DER, base64. */
  readonly certificate: string;
}

/** n of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export class PrivateKey {
  readonly certificate: Buffer;
  readonly kind: 'ec' | 'rsa';
  readonly #key: KeyObject;

  constructor({ privateKey, certificate }: CardKey) {
    this.#key = createPrivateKey(privateKey);
    this.certificate = Buffer.from(certificate, 'base64');
    this.kind = this.#key.asymmetricKeyType === 'ec' ? 'ec' : 'rsa';
  }

  /** RSA without padding: opens and signs. */
  power(block: Buffer): Buffer {
    return privateDecrypt({ key: this.#key, padding: constants.RSA_NO_PADDING }, block);
  }

  agree(point: Buffer): Buffer {
    return this.#curve().computeSecret(point);
  }

  /** ECDSA over a hash as it is (FIPS 186-5 §6.4.1): Node itself only signs what it hashes. */
  signHash(hash: Buffer): Buffer {
    const d = number(this.#curve().getPrivateKey());
    const once = createECDH('prime256v1');
    once.generateKeys();
    const k = number(once.getPrivateKey());
    const r = number(once.getPublicKey().subarray(1, 33)) % ORDER;
    // k⁻¹ by Fermat: n is a prime.
    const s = (power(k, ORDER - 2n) * (number(hash.subarray(0, 32)) + r * d)) % ORDER;
    const part = (value: bigint): Buffer => {
      const bytes = Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
      const start = bytes.findIndex((byte) => byte !== 0);
      const short = bytes.subarray(start);
      return Buffer.concat([
        Buffer.of(2, short.length + (short[0]! >> 7)),
        short[0]! >> 7 ? Buffer.of(0) : Buffer.of(),
        short,
      ]);
    };
    const both = Buffer.concat([part(r), part(s)]);
    return Buffer.concat([Buffer.of(0x30, both.length), both]);
  }

  #curve() {
    const curve = createECDH('prime256v1');
    curve.setPrivateKey(Buffer.from(this.#key.export({ format: 'jwk' }).d!, 'base64url'));
    return curve;
  }
}

const number = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = base % ORDER, e = exponent; e > 0n; e >>= 1n, b = (b * b) % ORDER)
    if (e & 1n) result = (result * b) % ORDER;
  return result;
}

/** For a card holder unique identifier. */
export const randomGuid = (): Buffer => randomBytes(16);
