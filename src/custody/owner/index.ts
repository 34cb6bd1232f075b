/**
 * Owner memory: what a device keeps of its owner, when that is a person and no server (U4): the owner record that it
 * trusts, the grants that a way in gave it, and the data keys in use. No private key of a way in ever lies here.
 */
export * from './errors.ts';
export { OwnerKeys } from './keys.ts';
export { type OwnerGrant, OwnerMemory, type OwnerMemoryOptions } from './memory.ts';
export { recipientsBy, userRecipients } from './recipients.ts';
export { OwnerTrust } from './trust.ts';
