/**
 * Index: where each data item of one database and class lies, sealed like the data. `full` lists everything,
 * `delta` what changed since the set before. Sorted, so that a full one and its deltas merge as streams.
 */
export * from './entry.ts';
export * from './frames.ts';
export * from './header.ts';
