/**
 * Run: one pass over the sources that makes a backup set. Only what changed since the set before is read, sealed and
 * handed over.
 */
export * from './run.ts';
