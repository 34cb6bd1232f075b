/**
 * Rebuild: the catalogue of a device that lost its state, out of what the destination holds.
 */
export * from './rebuild.ts';
