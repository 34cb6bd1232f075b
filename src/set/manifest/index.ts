/**
 * Manifest: the signed commit point of a backup set. It is written last; a set without a manifest does not exist.
 * Manifests of a device at a destination form its chain, each linked to the one before by hash.
 */
export * from './manifest.ts';
export * from './names.ts';
export * from './parse.ts';
