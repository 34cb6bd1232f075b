/** Names of messages and folders. */
import { type ItemHead, MAX_UID, SourceError } from '../../database/index.ts';
import { showBytes } from '../../lib/bytes.ts';
import { type BytePath, fromBytes, isTemporaryName } from '../files/index.ts';

export type Box = 'cur' | 'new';

/** What stands before the flags: `:2,FS`; `;` and `!` are written where `:` is not allowed in a name. */
export const uniqueOf = (name: BytePath): BytePath => /^(.+?)[:;!]2,[^/]*$/s.exec(name)?.[1] ?? name;

export const flagsOf = (name: BytePath): string => name.slice(uniqueOf(name).length);

/** Whether a directory of this name may be a folder of mail. */
export const isFolderName = (name: BytePath): boolean =>
  !/^(cur|new|tmp|\.|\.\.|)$/.test(name) &&
  !/[/\0]/.test(name) &&
  name.length <= 255 &&
  !isTemporaryName(name);

/** Where an item belongs. */
export interface MailPlace {
  /** Path below the root; empty for the uppermost one. */
  readonly folder: BytePath;
  /** What is unique in its name; empty for the folder itself. */
  readonly unique: BytePath;
  readonly box: Box;
  /** The name of the file. */
  readonly name: BytePath;
}

export const MAX_DEPTH = 16;

/** @throws SourceError `ERR_SOURCE_UNSAFE_NAME` unless it leads to a message or folder below the root */
export function placeOf(item: ItemHead): MailPlace {
  const uid = fromBytes(item.uid);
  const slash = uid.lastIndexOf('/');
  const folder = slash < 0 ? '' : uid.slice(0, slash);
  const unique = uid.slice(slash + 1);
  const parts = folder === '' ? [] : folder.split('/');
  const sound =
    uid.length <= MAX_UID && parts.length <= MAX_DEPTH && slash !== 0 && parts.every(isFolderName);
  if (!sound || (unique === '' ? !item.attributes.directory || folder === '' : !isMessageName(unique)))
    throw unsafe(item);
  const recorded = item.attributes.name && fromBytes(item.attributes.name);
  if (recorded === undefined || unique === '') return { folder, unique, box: 'new', name: unique };
  const match = /^(cur|new)\/([^/]+)$/s.exec(recorded);
  const name = match?.[2] ?? '';
  if (!match || !isMessageName(name) || (uniqueOf(name) !== unique && name !== unique)) throw unsafe(item);
  return { folder, unique, box: match[1] as Box, name };
}

export const isMessageName = (name: BytePath): boolean =>
  name !== '' && !name.startsWith('.') && !/[/\0]/.test(name) && name.length <= 255;

const unsafe = (item: ItemHead): SourceError =>
  new SourceError(
    'ERR_SOURCE_UNSAFE_NAME',
    `${showBytes(item.uid)} was not written: it names no message or folder of a maildir`,
  );
