/**
 * Software WIM: the two private keys in a file under a passphrase, where there is no token (N4a). The file is one
 * JWE whose key argon2id makes of the passphrase; opening it costs that once, and from then on the keys are in this
 * process's memory. Weaker than a token: who copies the file can try passphrases, and who sees one has the keys.
 */
export * from './argon2id.ts';
export * from './file.ts';
export * from './keys.ts';
