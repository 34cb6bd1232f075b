/**
 * Segment: a run of frames under one salt, and so under one key: the unit of hand-over. Frame numbers (= nonces)
 * start at 0 in each segment; nothing outlives a segment.
 */
export * from './segment.ts';
