import type { WrappedKey } from '../../crypto/index.ts';
import type { PublicJwk } from './public-key.ts';

/** One of the two keys of a way in, as everybody may know it. */
export interface PublicKeyPart {
  readonly jwk: PublicJwk;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
  /** X.509, DER; where the key has one. */
  readonly certificate?: Uint8Array;
}

/** All that backing up needs, and what the owner record lists. */
export interface PublicWayIn {
  readonly kind: 'token' | 'software' | 'phrase';
  /** As its owner calls it. */
  readonly name: string;
  readonly decipher: PublicKeyPart;
  readonly signature: PublicKeyPart;
}

/** A way in whose private keys can be used. */
export interface WayIn {
  readonly public: PublicWayIn;

  /** Operations of private keys so far: a token's user may see and confirm each. */
  readonly operations: number;

  /**
   * The key of an envelope's content, by one operation of the decipher key.
   * @throws CryptoError `ERR_NOT_AUTHENTIC` when the header is not for this key; WimError of the token
   */
  unwrap(wrapped: WrappedKey): Promise<Uint8Array>;

  /**
   * A compact JWS by the signature key, `alg` as its kind says (ES256 or RS256), `kid` its thumbprint.
   * @param typ one of our own: a signature for one purpose is none for another
   */
  sign(payload: Uint8Array, typ: string): Promise<string>;

  /** Logs out and forgets the keys. */
  close(): Promise<void>;
}

/** The bare operations of the two private keys, in a token or in memory. */
export interface PrivateOperations {
  /** ECDH: from an uncompressed point on P-256 (65 bytes) the x coordinate of the shared one (32 bytes). */
  agree(point: Uint8Array): Promise<Uint8Array>;

  /** RSA: what the key makes of a ciphertext. */
  decrypt(ciphertext: Uint8Array): Promise<Decrypted>;

  /** ES256 as r | s (RFC 7518 §3.4), or RS256, over the bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;

  close(): Promise<void>;
}

export type Decrypted =
  /** RSA-OAEP-256 was undone by the key's holder. */
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** The bare power: the padding is still on it. */
  | { readonly kind: 'block'; readonly bytes: Uint8Array }
  /** It has no valid padding. */
  | { readonly kind: 'refused' };
