/**
 * Backup: the engine. Items of databases come from sources, pass the gate of policy, are sealed into frames, handed
 * over in segments to a destination, and closed by a signed manifest; restore is the same way back. One engine for
 * company and person, for storage area and backup file (U1).
 */
export * from './catalogue.ts';
export { chainEnds, knownAt } from './chain/index.ts';
export * from './confirm.ts';
export * from './contract.ts';
export { diff } from './diff/index.ts';
export * from './errors.ts';
export * from './listing.ts';
export * from './merge-changes.ts';
export { packItem, readChanges, readItem, readItems, writeItem } from './packed.ts';
export { type KeepRules, type PruneReport, type PruneRequest, prune } from './prune/index.ts';
export * from './requests.ts';
export { restore } from './restore/index.ts';
export { type RewrapReport, type RewrapRequest, rewrap } from './rewrap/index.ts';
export { runBackup } from './run/index.ts';
export { endShare } from './share/index.ts';
export { verify } from './verify/index.ts';
