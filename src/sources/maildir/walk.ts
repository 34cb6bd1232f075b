/** Finds folders and messages. */
import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { type SkippedItem, SourceError } from '../../database/index.ts';
import { type BytePath, errnoOf, fromBytes, fsPath, join, reasonOf, shown, toBytes } from '../files/index.ts';
import { type Box, isFolderName, isMessageName, MAX_DEPTH, uniqueOf } from './names.ts';

export interface Message {
  readonly uid: BytePath;
  readonly folder: BytePath;
  /** `cur/` or `new/` and the name of the file. */
  readonly name: BytePath;
}

/** A folder below the root, or a message; sorted by uid. */
export type Found = Message | { readonly uid: BytePath; readonly folder: BytePath };

const BOXES: readonly Box[] = ['cur', 'new'];

/** @throws Error when there is no maildir, or a system error when the root cannot be read */
export function walk(root: BytePath, skip: (skipped: SkippedItem) => void): Found[] {
  const found: Found[] = [];
  let folders = 0;
  const visit = (folder: BytePath, depth: number): void => {
    const names = directories(join(root, folder));
    const isMail = BOXES.some((box) => names.includes(box));
    if (isMail) {
      folders++;
      const messages = messagesOf(root, folder);
      if (folder !== '') found.push({ uid: `${folder}/`, folder });
      for (const message of messages) found.push(message);
    }
    if (depth === MAX_DEPTH) return;
    for (const name of names.filter(isFolderName)) {
      const below = folder === '' ? name : `${folder}/${name}`;
      try {
        visit(below, depth + 1);
      } catch (error) {
        // What vanished on the way is not there: that is no failure.
        if (errnoOf(error) === 'ENOENT') continue;
        skip({
          uid: toBytes(`${below}/`),
          reason: `${shown(below)}: ${reasonOf(error)}: nothing in it was listed`,
        });
      }
    }
  };
  visit('', 0);
  if (folders === 0) throw new Error('it is no maildir: there is no directory cur or new in it');
  return found.sort((a, b) => (a.uid < b.uid ? -1 : 1));
}

/** The messages of a folder, each uid once. */
export function messagesOf(root: BytePath, folder: BytePath): Message[] {
  const messages = new Map<BytePath, Message>();
  const prefix = folder === '' ? '' : `${folder}/`;
  for (const box of BOXES) {
    for (const name of entries(join(root, `${prefix}${box}`)).sort()) {
      const unique = prefix + uniqueOf(name);
      const uid = messages.has(unique) ? prefix + name : unique;
      if (!messages.has(uid)) messages.set(uid, { uid, folder, name: `${box}/${name}` });
    }
  }
  return [...messages.values()];
}

function entries(directory: BytePath): BytePath[] {
  let found: Dirent<NonSharedBuffer>[];
  try {
    found = readdirSync(fsPath(directory), { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    // A folder may have only one of the two.
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => fromBytes(entry.name))
    .filter(isMessageName);
}

function directories(path: BytePath): BytePath[] {
  return readdirSync(fsPath(path), { withFileTypes: true, encoding: 'buffer' })
    .filter((entry) => entry.isDirectory())
    .map((entry) => fromBytes(entry.name));
}

/** `lstat`, or undefined when nothing is there. */
export const lookAt = (path: BytePath) => lstatSync(fsPath(path), { throwIfNoEntry: false });

export const folderPath = (root: BytePath, folder: BytePath): BytePath =>
  folder === '' ? root : join(root, folder);

/** Whether it is there as a folder of mail. @throws SourceError when the way to it leads through a link */
export function isFolder(root: BytePath, folder: BytePath): boolean {
  let path = root;
  for (const part of folder === '' ? [] : folder.split('/')) {
    path = join(path, part);
    const stat = lookAt(path);
    if (!stat) return false;
    if (stat.isDirectory()) continue;
    const message = `${shown(folder)} was not written: ${shown(part)} is no directory`;
    throw new SourceError('ERR_SOURCE_UNSAFE_NAME', message);
  }
  return BOXES.some((box) => lookAt(join(path, box))?.isDirectory());
}
