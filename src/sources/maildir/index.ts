/**
 * Maildir: mail as a directory with `cur`, `new` and `tmp`, a file for each message; with its folders, be they
 * Maildir++ (`.Sent`) or directories within directories.
 *
 * - An item is one message file of `cur` or `new`. uid: the folder, `/`, and what is unique in the file's name, which
 *   is what stands before `:2,` and the flags. The whole name with its flags is an attribute: a message that was read,
 *   answered or moved from `new` to `cur` is not uploaded again. Of several files with one unique name, the second
 *   and further ones have uids with their flags.
 * - A folder is an item, too: its uid ends in `/`. The uppermost one is none.
 * - Time: when the file was written, which is when the message came.
 * - Not backed up: `tmp`, and what servers keep beside the messages (indexes, `dovecot-uidlist`, subscriptions).
 *
 * Writing back stages messages in `tmp`; `commit` moves them to `cur` or `new`, under the name that they had. A message
 * that is there with other flags gets those that were backed up. A name that is taken by another message is replaced,
 * or, when both are to be kept, gets a unique name made of the content beside it.
 */
export { type MaildirOptions, maildirSource } from './source.ts';
