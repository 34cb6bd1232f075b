/**
 * Rewrap: the ways in have changed, and what is stored is wrapped for the new list (U5, N4). Data keys stay as they are, so
 * no data is read or sent again: each envelope is opened once, sealed anew, and named by a signed manifest. Broken off
 * anywhere, the next one goes on.
 */
export * from './rewrap.ts';
