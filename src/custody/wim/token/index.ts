/**
 * Token: a WIM behind a PKCS#11 module: a card, a security key, SoftHSM. Its private keys never leave it; each use is
 * one operation on it (N4). Any module can be named by its path; the package `pkcs11js`, which talks to it, is
 * optional and only loaded for tokens.
 */
export * from './adopt.ts';
export type { KeyChoice } from './choose.ts';
export * from './init.ts';
export type { KeyKind } from './module/index.ts';
export * from './open.ts';
export * from './pins.ts';
export * from './place.ts';
export * from './show.ts';
