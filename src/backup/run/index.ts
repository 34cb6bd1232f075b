/**
 * Run: one pass over the sources that makes a backup set. Only what changed since the set before is read, sealed and
 * handed over.
 */
export { type OpenedChain, openChainForRun } from './open-chain.ts';
export * from './run.ts';
export { indexesOf, storeManifest, toldBefore, usedSets } from './store-manifest.ts';
