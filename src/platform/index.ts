/**
 * The platform: the primitives that a runtime gives, behind one interface so that everything through `backup`
 * runs unchanged in Node and in a browser. Programs choose an implementation (`node.ts`); portable code is
 * handed one and never imports one. No cryptography of our own: each method is one documented primitive.
 */

/** One frame to seal or open. The nonce is the frame number as 96 bits, big-endian: unique under its key. */
export interface FrameInput {
  readonly number: number;
  readonly aad: Uint8Array;
  /** Plaintext to seal, or ciphertext with its 16-byte tag to open. */
  readonly bytes: Uint8Array;
  /** When sealing: memory for the result, of exactly its length; new memory unless told. */
  readonly target?: Uint8Array;
}

/** An incremental SHA-256. */
export interface Hasher {
  update(bytes: Uint8Array): this;
  digest(): Uint8Array;
}

export interface Platform {
  /** Random bytes fit for keys. */
  random(length: number): Uint8Array;

  /** SHA-256, 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;

  hasher(): Hasher;

  /** HKDF-SHA256 (RFC 5869). */
  hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;

  /** AES-256-GCM over a batch of frames; each result is ciphertext with its 16-byte tag behind it. */
  seal(key: Uint8Array, frames: readonly FrameInput[]): Promise<Uint8Array[]>;

  /**
   * The inverse of `seal`. A frame that does not verify gives `undefined` in its place, and nothing of it is
   * returned: the caller knows what it was and names it.
   */
  open(key: Uint8Array, frames: readonly FrameInput[]): Promise<(Uint8Array | undefined)[]>;

  /** Zstandard (RFC 8878), one frame. */
  compress(bytes: Uint8Array): Promise<Uint8Array>;

  /** The inverse; rejects when the result would not have exactly `length` bytes, before it is made. */
  decompress(bytes: Uint8Array, length: number): Promise<Uint8Array>;
}
