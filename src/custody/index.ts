/**
 * Custody: the rooms that hold secret keys, and the only ones that do. What is handed out is as little as the
 * engine can work with: recipients, identities, signatures of a known type.
 */
export * from './identity/index.ts';
export * from './owner/index.ts';
export * from './protected-memory/index.ts';
