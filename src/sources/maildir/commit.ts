/** Carries out what was staged: every message is moved to its place, once all of them are on disk. */
import { linkSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { type BytePath, errnoOf, flush, fsPath, join, shown } from '../files/index.ts';
import { folderPath, isFolder, type Message, messagesOf } from './walk.ts';

/** A message as it will be after `commit`. */
export interface Planned {
  readonly folder: BytePath;
  /** `cur/` or `new/` and the name. */
  name: BytePath;
  /** In the maildir now: uid of the file whose place it takes, or whose name changes. */
  readonly uid: BytePath;
  readonly there: boolean;
  /** New bytes: where they are staged (empty in a dry run), and their SHA-256. */
  staged: BytePath | undefined;
  digest: string | undefined;
}

const PRIVATE = 0o700;
const BOXES = ['cur', 'new', 'tmp'];

export async function carryOut(
  root: BytePath,
  planned: readonly Planned[],
  folders: Iterable<BytePath>,
): Promise<void> {
  // Until the new bytes are on disk, a power failure must find the old ones.
  if (planned.some(({ there, staged }) => there && staged !== undefined)) await flush(root);
  for (const folder of new Set([...folders, ...planned.map(({ folder }) => folder)]))
    makeFolder(root, folder);
  const now = new Map<BytePath, Map<BytePath, Message>>();
  for (const message of planned) {
    let names = now.get(message.folder);
    if (!names) {
      names = new Map(messagesOf(root, message.folder).map((found) => [found.uid, found]));
      now.set(message.folder, names);
    }
    move(folderPath(root, message.folder), message, names.get(message.uid));
  }
  await flush(root);
}

/** @param found the message as it is called by now: a mail program may have moved it since */
function move(folder: BytePath, message: Planned, found: Message | undefined): void {
  const to = join(folder, message.name);
  const from = found && join(folder, found.name);
  if (!message.there) {
    if (message.staged !== undefined) place(message.staged, to);
    return;
  }
  // Each step is one rename: wherever this is broken off, the message is there once. A name that is taken has the same
  // unique part, and so is the same message.
  if (message.staged !== undefined) renameSync(fsPath(message.staged), fsPath(from ?? to));
  if (from !== undefined && from !== to) renameSync(fsPath(from), fsPath(to));
}

function makeFolder(root: BytePath, folder: BytePath): void {
  const path = folderPath(root, folder);
  const isNew = !isFolder(root, folder);
  for (const box of BOXES) mkdirSync(fsPath(join(path, box)), { recursive: true, mode: PRIVATE });
  // Maildir++: says to whoever delivers that this is a folder, not the mailbox.
  if (isNew && folder.startsWith('.'))
    writeFileSync(fsPath(join(path, 'maildirfolder')), '', { flag: 'a', mode: 0o600 });
}

/** Moves a file to where nothing may be. */
function place(from: BytePath, to: BytePath): void {
  try {
    linkSync(fsPath(from), fsPath(to));
    unlinkSync(fsPath(from));
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EEXIST') throw new Error(`${shown(to)} came up meanwhile; try again`);
    // A file system without hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
    renameSync(fsPath(from), fsPath(to));
  }
}
