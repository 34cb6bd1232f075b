/**
 * IPD: the backup file of BlackBerry's desktop programs, "Inter@ctive Pager Backup/Restore File". A list of database
 * names, then records until the end of the file, each of typed fields. There is no public specification; the rules
 * here are those on which its independent readers agree, and docs/format/backup-file.md states them.
 *
 * What is read can be written again byte for byte, whatever it is: unknown databases and field types, names in any
 * encoding, broken fields, and bytes that belong to no record. Nothing is copied that need not be; nothing is
 * allocated because a length in the file says so.
 */
export * from './errors.ts';
export * from './fields.ts';
export * from './parts.ts';
export * from './reader.ts';
export * from './text.ts';
export * from './writer.ts';
