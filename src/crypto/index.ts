/**
 * Crypto: envelopes around data keys, sealing of frames, signatures. Only documented combinations of primitives
 * of `jose` and the platform; nothing of our own (docs/format.md, "Cryptography").
 */
export * from './envelope/index.ts';
export * from './errors.ts';
export * from './keys.ts';
export * from './seal/index.ts';
export * from './signature/index.ts';
