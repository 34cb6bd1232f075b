/** The keys of devices and servers as JWKs (RFC 7517, RFC 8037): exactly these members, nothing else. */

export interface Ed25519Public {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
}

export interface Ed25519Private extends Ed25519Public {
  readonly d: string;
}

export interface P256Public {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

export interface P256Private extends P256Public {
  readonly d: string;
}

/** A fresh Ed25519 key. */
export declare function generateSigningKey(): Promise<Ed25519Private>;
/** A fresh P-256 key for ECDH. */
export declare function generateMessageKey(): Promise<P256Private>;
/** Only the public members. */
export declare function publicOf(key: Ed25519Public): Ed25519Public;
export declare function publicOf(key: P256Public): P256Public;
/** RFC 7638, SHA-256, base64url: the `kid` of every JWS and JWE of ours. */
export declare function thumbprint(key: Ed25519Public | P256Public): Promise<string>;
/** 16 random bytes, base64url (22 characters). */
