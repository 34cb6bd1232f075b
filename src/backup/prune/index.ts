/**
 * Prune: which sets stay, what they need, and the deletion of everything else.
 */
export type { KeepRules } from './keep.ts';
export * from './prune.ts';
