/**
 * Rules: what an administrator wrote, as values.
 */
export * from './rules.ts';
