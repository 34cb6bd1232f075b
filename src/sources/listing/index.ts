/**
 * Listing: what is remembered of the items of a file until all of them have been met, which may be a million. Records
 * are put in order of uid in chunks, and the sorted chunks are kept compressed, so that an item costs about the bytes
 * of its uid and title that do not repeat, and its digest. They are merged as they are listed.
 */
export { Marks, markOf } from './marks.ts';
export { type SortedRecord, SortedRecords } from './sorted.ts';
