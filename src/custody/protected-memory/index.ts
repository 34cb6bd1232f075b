/**
 * Protected memory (B7): the device's store of policy keys and accepted rules, with one compartment per server and
 * user. Nothing alters it but an enrolment, once, and accepted policy messages: everything of one acceptance in
 * one transaction, before the acknowledgement is given. Readers get values, recipients and identities.
 *
 * It protects against what comes from outside, and against crashes; against the user of the machine only as far
 * as the account under which the device runs keeps its files from that user.
 */

export type { Accepted } from './accept.ts';
export type { ClockCorrection } from './clock.ts';
export * from './errors.ts';
export { type OwnSide, ProtectedKeys } from './keys.ts';
export { type MemoryOptions, type PendingEnrolment, ProtectedMemory } from './memory.ts';
export type { MemoryState } from './state.ts';
export { ProtectedTrust } from './trust.ts';
