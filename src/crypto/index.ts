/**
 * Crypto: envelopes around data keys, sealing of frames, signatures. Only documented combinations of primitives
 * of `jose` and the platform; nothing of our own (docs/format.md, "Cryptography").
 */
export * from './errors.ts';
export * from './keys.ts';
