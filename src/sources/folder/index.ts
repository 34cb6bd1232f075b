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
 * Writing back: everything is staged in a hidden directory of the root (`staging.ts`) and moved into place by
 * `commit`, so that a restore that fails leaves the tree as it was. Existing files are only replaced after the new
 * ones are on disk. `commit` then gives directories their permissions and times, and makes the whole file system
 * durable by one barrier (`sync -f`) instead of an fsync for each file. Set-user-id, set-group-id and sticky bits are
 * not restored.
 */
export { type FolderOptions, folderSource } from './source.ts';
