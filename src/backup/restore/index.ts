/**
 * Restore: from a set back into native applications, byte for byte, or not at all.
 */
export * from './pieces.ts';
export * from './restore.ts';
