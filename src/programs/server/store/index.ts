/**
 * Store: what the server remembers, as rows of one SQLite database. One file per concern, plain functions over a
 * database or a transaction. It knows no rules and no keys: secret columns arrive sealed.
 */
export * from './audit.ts';
export * from './devices.ts';
export * from './heads.ts';
export * from './messages.ts';
export * from './meta.ts';
export * from './policies.ts';
export * from './shares.ts';
export * from './sqlite.ts';
export * from './tables.ts';
export * from './together.ts';
export * from './users.ts';
