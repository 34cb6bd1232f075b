/**
 * Public part: what everybody may know of a way in: its name, two public keys, and certificates where there are some.
 * It lies in a file of its own, and that file is all that a machine needs to back up for this way in: no token, no
 * passphrase (N3).
 */
export * from './file.ts';
export * from './json.ts';
