/**
 * Private database: one SQLite file that holds secrets. Closed to others, synced with every transaction, overwriting
 * what it deletes.
 */
export { type Layout, openPrivateDatabase, transaction } from './open.ts';
