/**
 * Keyring and envelope: the data keys of a run of sets, sealed for those who may open them. One JWE per keyring and
 * recipient list, so that one key operation opens all of it.
 */
export * from './commitment.ts';
export * from './envelope.ts';
export * from './shares.ts';
