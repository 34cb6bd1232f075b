/**
 * Identity: the keys that a device makes for itself before it enrols, and never changes: its random id, the
 * Ed25519 key that signs for it, and, until the enrolment, the first P-256 key that messages are sealed to. They lie
 * in a folder of their own that is made whole or not at all, and never written over: another identity is another
 * device.
 */
export * from './errors.ts';
export * from './identity.ts';
export * from './sign.ts';
