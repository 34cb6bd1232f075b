/**
 * Operation: from one operation of a private key to what is asked of a way in. ECDH gives a bare shared secret and
 * some tokens a bare RSA block: key derivation, unpadding and unwrapping follow here, outside the token.
 */

export * from './way-in.ts';
export * from './wrapping.ts';
