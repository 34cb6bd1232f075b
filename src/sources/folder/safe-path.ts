/** Which names may be written: nothing outside of the root, however an item is called. */
import { type ItemHead, MAX_UID, SourceError } from '../../database/index.ts';
import { showBytes } from '../../lib/bytes.ts';
import { type BytePath, fromBytes, reasonOf } from '../files/index.ts';

/** The uid as a relative path: parts that are neither empty nor `.` nor `..`, without NUL. A last `/` is dropped. */
export function safePath(item: ItemHead): BytePath {
  const full = fromBytes(item.uid);
  const path = item.attributes.directory && full.endsWith('/') ? full.slice(0, -1) : full;
  if (item.uid.length > MAX_UID || path.includes('\0') || !path.split('/').every(isPart)) {
    throw unsafe(path, 'it is not a plain path below the folder');
  }
  return path;
}

const isPart = (part: string): boolean => part !== '' && part !== '.' && part !== '..';

export const unsafe = (path: BytePath, why: string): SourceError =>
  new SourceError('ERR_SOURCE_UNSAFE_NAME', `${show(path)} was not written: ${why}`);

export const notWritten = (path: BytePath, why: string, cause?: unknown): SourceError =>
  new SourceError('ERR_SOURCE_WRITE', `${show(path)} was not written: ${why}`, { cause });

/** Runs file system calls; what they throw names the item. */
export function attempt<T>(path: BytePath, calls: () => T): T {
  try {
    return calls();
  } catch (error) {
    throw error instanceof SourceError ? error : notWritten(path, reasonOf(error), error);
  }
}

const show = (path: BytePath): string => showBytes(Buffer.from(path, 'latin1'));
