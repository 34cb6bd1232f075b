/**
 * Disk: directories and small files that are still there after a power failure. For everything that keeps state in
 * files; SQLite looks after its own.
 */
export * from './directory.ts';
export * from './replace.ts';
