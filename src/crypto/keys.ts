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

/** The secret counterpart of a recipient. A software key for now; a token implements `unwrap` itself. */
export type Identity =
  | { readonly kind: 'symmetric'; readonly thumbprint: string; readonly key: Uint8Array }
  | { readonly kind: 'ec'; readonly thumbprint: string; readonly privateJwk: Readonly<JsonWebKey> }
  | { readonly kind: 'rsa'; readonly thumbprint: string; readonly privateJwk: Readonly<JsonWebKey> };
