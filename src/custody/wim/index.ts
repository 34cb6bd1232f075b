/**
 * WIM: the user's own keys, called ways in: a token, its software form, a recovery phrase. Each has a decipher key,
 * which opens envelopes, and a signature key, which signs for the user. To back up, a machine needs the public part
 * only; to open an envelope, one operation of the decipher key, wherever that lies (N3, N4).
 */
export * from './errors.ts';
export * from './operation/index.ts';
export * from './phrase/index.ts';
export * from './public-key.ts';
export * from './public-part/index.ts';
export * from './software/index.ts';
export * from './token/index.ts';
export * from './way-in.ts';
