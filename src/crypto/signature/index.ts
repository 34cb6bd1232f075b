/**
 * Signature: whether a statement comes from whom it should come from. Every signature of ours has its own `typ`,
 * so that none can be passed off as another.
 */
export * from './signature.ts';
