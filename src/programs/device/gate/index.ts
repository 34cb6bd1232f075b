/**
 * Gate: what may be backed up is determined first, from the policy alone, before a source is opened (B9). What the
 * gate does not let through is not offered, not read, and refused when it is asked for by name.
 */
export * from './gate.ts';
export * from './held.ts';
export * from './rows.ts';
