/**
 * Folder: a directory tree as a database. Each regular file, symbolic link and directory below the root is an item.
 *
 * - uid: the path below the root as bytes, parts separated by `/`; that of a directory ends in `/`. So byte order is
 *   the order of a walk, and everything in `a/` has a uid that begins with `a/`.
 * - Every directory is an item, also one that is not empty: its permissions and time come back too.
 * - A symbolic link is its target, never followed. Sockets, pipes and devices are reported and left out.
 * - A directory that cannot be read is reported under its uid, which stands for everything below it (U6).
 * - What `exclude` names (gitignore rules) is not part of the database: to a backup it is not there.
 * - Not kept: owner, group, access lists, extended attributes, hard links, holes; of a time, less than 1 ms.
 *
 * Writing back: each item is written whole beside its place and renamed into it at once, so what an aborted restore
 * has completed stays, and the next one finds it (`kept`). An existing file is only replaced after the new one is
 * on disk. `commit` gives directories their permissions and times, then makes the whole file system durable by one
 * barrier (`sync -f`) instead of an fsync for each file. Set-user-id, set-group-id and sticky bits are not restored.
 */
export { type FolderOptions, folderSource } from './source.ts';
