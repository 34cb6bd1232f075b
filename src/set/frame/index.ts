/**
 * Frame: items (or a piece of one) of one database and class, sealed together: the unit of encryption.
 */
export * from './frame.ts';
