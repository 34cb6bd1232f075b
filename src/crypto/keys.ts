/**
 * Recipients and identities: the two sides of an envelope. Algorithms come from the recipient's key, never from
 * a message.
 */

/** A key that may open an envelope; `thumbprint` is RFC 7638 (SHA-256, base64url). */
export type Recipient =
  /** A symmetric policy key, 32 bytes: `A256KW`. */
  | { readonly kind: 'symmetric'; readonly thumbprint: string; readonly key: Uint8Array }
  /** P-256: `ECDH-ES+A256KW`. */
  | { readonly kind: 'ec'; readonly thumbprint: string; readonly jwk: Readonly<JsonWebKey> }
  /** RSA of at least 2048 bits: `RSA-OAEP-256`. */
  | { readonly kind: 'rsa'; readonly thumbprint: string; readonly jwk: Readonly<JsonWebKey> };

/** The wrapped key of an envelope as one recipient finds it. */
export interface WrappedKey {
  /** All headers of the JWE that are this recipient's, merged (RFC 7516 §4). Not authentic yet. */
  readonly header: Readonly<Record<string, unknown>>;
  readonly encryptedKey: Uint8Array;
}

/** The secret counterpart of a recipient. */
export type Identity =
  /**
   * A private key that stays where it is, such as a token's: one operation of it gives the key of an envelope's
   * content, 32 bytes. It takes no algorithm but its own key's, and answers what does not unwrap with a random key
   * (RFC 7516 §11.5), so that the envelope is found altered.
   */
  | {
      readonly kind: 'operation';
      readonly thumbprint: string;
      readonly unwrap: (wrapped: WrappedKey) => Promise<Uint8Array>;
    }
  | { readonly kind: 'symmetric'; readonly thumbprint: string; readonly key: Uint8Array }
  | { readonly kind: 'ec'; readonly thumbprint: string; readonly privateJwk: Readonly<JsonWebKey> }
  | { readonly kind: 'rsa'; readonly thumbprint: string; readonly privateJwk: Readonly<JsonWebKey> };
