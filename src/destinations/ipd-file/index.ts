/**
 * IPD file destination: one full set in one backup file on a computer (B10, B11), in the old format of the pagers so
 * that any IPD reader still lists databases and counts records. The file grows beside its place and takes it when its
 * manifest is written; broken off, it is usable up to its last checkpoint. Names and objects in it are those of a
 * storage area: the engine reads both alike. docs/format/backup-file.md.
 */
export type { Ending } from './contents.ts';
export { createIpdFile, type IpdFile, type IpdFileOptions } from './create.ts';
export { IpdFileError, type IpdFileErrorCode } from './errors.ts';
export { type OpenedIpdFile, openIpdFile } from './open.ts';
export { olderOf, partialOf } from './place.ts';
export { planIpdFile } from './plan.ts';
export type { DatabaseCount } from './scan.ts';
