/**
 * Diff: what is in one set and not, or otherwise, in another: items by their keys and fingerprints, as the sealed
 * indexes have them. No item is read.
 */
export * from './diff.ts';
