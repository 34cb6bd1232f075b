/**
 * Home: the state directory of a device (mode 0700), what lies where in it, and its locks. It is made when
 * something is to be kept for the first time; looking at a device leaves no trace.
 */
export * from './home.ts';
export * from './lock.ts';
export * from './overlap.ts';
export * from './write.ts';
