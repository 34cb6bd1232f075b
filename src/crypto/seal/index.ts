/**
 * Seal: frames under the key of their segment. Compression, then Padmé, then AES-256-GCM with the frame number as
 * nonce: a key seals one segment only, so a nonce never comes twice under it.
 */
export * from './plain.ts';
export * from './seal.ts';
