/**
 * Chain: the sets of one device at one destination, linked by hash. Here it is read and checked: who signed, whether
 * anything is missing, older than known, or not what it should be.
 */
export * from './at.ts';
export * from './chain.ts';
export * from './choose.ts';
export * from './down.ts';
export * from './ends.ts';
export * from './envelopes.ts';
export * from './foreign.ts';
export * from './index-reader.ts';
export * from './known-at.ts';
export * from './listed.ts';
export * from './manifests.ts';
export * from './missing.ts';
export * from './opened-set.ts';
export * from './recaps.ts';
export * from './remaining.ts';
export * from './rewraps.ts';
