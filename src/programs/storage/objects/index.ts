/**
 * Objects: where the bytes of an area lie. Behind one small interface, because a directory is only the first
 * place; the program above it keeps no truth of its own about objects.
 */
export { directoryStore } from './directory.ts';
export type * from './store.ts';
