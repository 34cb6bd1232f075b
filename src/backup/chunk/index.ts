/**
 * Chunk: a piece of a large item, cut by its content, so that a large item that changed a little is uploaded a
 * little (U3). Chunks are found again by their hash in the item's version before.
 */
export * from './chunker.ts';
export * from './marks.ts';
export * from './places.ts';
