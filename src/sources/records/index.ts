/**
 * Records: files that hold many items one after the other, such as calendars, mailboxes and exported messages: what
 * is alike for all of them. A kind says how its files are cut; everything else happens here.
 *
 * - A place is one such file, or a folder of them (not below it). In a folder every uid begins with the name of its
 *   file and `/`; of a single file it is the id alone (behind a `/` when the id itself has one).
 * - An item is the exact bytes of one part of a file, or of several that have one id, laid end to end. An id is given
 *   by the kind; without one it is `sha256:` and 32 hex digits over the bytes without line ends at their end. Further
 *   items of one id get `#2`, `#3` ... behind it.
 * - What stands around the items, and their order, is an item too: the *layout* of the file, in pieces of about a
 *   thousand items, so that a new message at the end costs one small piece. Its ids begin with `:layout`. A file of
 *   one item in its kind's usual wrapper has none. So a file restored into nothing is the same file, byte for byte.
 * - A file that cannot be read, or is of another format, is reported; what is known of it carries over (U6). One that
 *   was cut short is listed as far as it goes, and nothing of it counts as deleted. When the place is one file with
 *   nothing complete in it, the listing fails.
 *
 * Writing back stages everything beside the files. `commit` composes each file anew and only then lets all of them
 * take their places, by a rename each. In a file that is there already, replaced items take the places of the old
 * ones, and new ones go where the layout has them, else to the end; every other byte stays, also headers: the layout
 * of such a file is not restored. Keeping both adds the restored item as another of its id, unless its kind knows a
 * better way.
 */
export type { RecordKind } from './kind.ts';
export { uuidOf } from './renamed.ts';
export { recordSource } from './source.ts';
