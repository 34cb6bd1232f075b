/**
 * Keys: what the server keeps secret, and how it lies on disk. The master key in a file of its own; identity root
 * and policy keys sealed under it in the database; of the admin token only a hash.
 */
export * from './admin-token.ts';
export * from './master-key.ts';
export * from './seal.ts';
