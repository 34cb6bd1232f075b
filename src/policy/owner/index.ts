/**
 * Owner record: what a user says of their own keys and devices, signed by one of those keys (N4, N10, U4). It lists the
 * ways in, the devices whose manifests count, and how far the chains of ended devices go; it lies in every storage area
 * and backup file, and says there what an enterprise server says in its policy messages. Bytes and values only.
 * Normative: docs/format/personal.md.
 */
export * from './card.ts';
export * from './errors.ts';
export * from './follow.ts';
export * from './invitation.ts';
export * from './keys.ts';
export * from './open.ts';
export * from './person.ts';
export * from './record.ts';
export * from './sign.ts';
