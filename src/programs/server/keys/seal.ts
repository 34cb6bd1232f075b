import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { utf8 } from '../../../lib/bytes.ts';
import { ServerError } from '../errors.ts';

const VERSION = 1;
const SALT = 16;
const NONCE = 12;
const TAG = 16;

/** Where a sealed value lies. It is authenticated: a value moved to another row or column does not open. */
export interface Place {
  readonly table: string;
  readonly row: string;
  readonly column: string;
}

export interface Sealer {
  seal(place: Place, plain: Uint8Array): Uint8Array;
  /** @throws ServerError `ERR_SERVER_SEAL` */
  open(place: Place, sealed: Uint8Array): Uint8Array;
}

/**
 * Seals single values at rest with AES-256-GCM. Layout: version (1 byte), salt (16), ciphertext, tag (16).
 *
 * Key and nonce of a value are HKDF-SHA256(master key, salt, place): with a fresh salt per value no nonce can
 * repeat under a key, however many values are sealed. The place is also the additional authenticated data.
 */
export function sealer(masterKey: Uint8Array): Sealer {
  return {
    seal(place, plain) {
      const salt = randomBytes(SALT);
      const { key, nonce, aad } = derive(masterKey, salt, place);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
      cipher.setAAD(aad);
      return Buffer.concat([
        Uint8Array.of(VERSION),
        salt,
        cipher.update(plain),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
    },

    open(place, sealed) {
      const failed = (cause?: unknown) =>
        new ServerError(
          'ERR_SERVER_SEAL',
          `${place.table}.${place.column} of ${place.row} does not open: altered, or of another master key`,
          { cause },
        );
      if (sealed.length < 1 + SALT + TAG || sealed[0] !== VERSION) throw failed();
      const { key, nonce, aad } = derive(masterKey, sealed.subarray(1, 1 + SALT), place);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
      decipher.setAAD(aad);
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
      const plain = decipher.update(sealed.subarray(1 + SALT, sealed.length - TAG));
      try {
        decipher.final();
      } catch (cause) {
        throw failed(cause);
      }
      return new Uint8Array(plain);
    },
  };
}

function derive(masterKey: Uint8Array, salt: Uint8Array, place: Place) {
  const aad = utf8(JSON.stringify(['holdfast-at-rest', VERSION, place.table, place.row, place.column]));
  const bytes = new Uint8Array(hkdfSync('sha256', masterKey, salt, aad, 32 + NONCE));
  return { key: bytes.subarray(0, 32), nonce: bytes.subarray(32), aad };
}
