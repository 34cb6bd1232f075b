/**
 * Standing: by whose word this device backs up and restores: its server's policy messages, or its owner's record. Runs
 * see only this, so that there is one way for both (U1, U4).
 */
export * from './held.ts';
export * from './stand.ts';
export type * from './standing.ts';
