/**
 * Share: a chain that others may open too. It is made by runs like a backup, with a keyring of its own, and is read by a
 * restore; here it is ended (N11).
 */
export * from './end.ts';
