/**
 * Verify: whether a set could be restored, without restoring it.
 */
export * from './verify.ts';
