/** Which names may be written: nothing outside of the root, however an item is called, and nothing that it does not name. */
import { type ItemHead, MAX_UID, SourceError } from '../../database/index.ts';
import { equalBytes, showBytes, utf8 } from '../../lib/bytes.ts';
import { type BytePath, errnoOf, fromBytes, reasonOf, shown, toBytes } from '../files/index.ts';

/**
 * The uid as a relative path: parts that are neither empty nor `.` nor `..`, without NUL; on Windows also none that it
 * would read as another name. A last `/` of a directory is dropped.
 *
 * @throws SourceError `ERR_SOURCE_UNSAFE_NAME`
 */
export function safePath(item: ItemHead, platform: NodeJS.Platform = process.platform): BytePath {
  const full = fromBytes(item.uid);
  const path = item.attributes.directory && full.endsWith('/') ? full.slice(0, -1) : full;
  const parts = path.split('/');
  if (item.uid.length > MAX_UID || path.includes('\0') || !parts.every(isPart))
    throw unsafe(path, 'it is not a plain path below the folder');
  if (platform === 'win32' && !parts.every(isWindowsName))
    throw unsafe(path, 'Windows would take it for another name');
  return path;
}

const isPart = (part: string): boolean => part !== '' && part !== '.' && part !== '..';

// Separators, streams (`a:b`) and wildcards; devices, with any extension and blanks before it; what is dropped at the end.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const FORBIDDEN = /[\u0000-\u001f\\:*?"<>|]|[. ]$/;
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)/i;

function isWindowsName(part: BytePath): boolean {
  const name = shown(part);
  return !FORBIDDEN.test(name) && !DEVICE.test(name) && equalBytes(utf8(name), toBytes(part));
}

export const unsafe = (path: BytePath, why: string): SourceError =>
  new SourceError('ERR_SOURCE_UNSAFE_NAME', `${show(path)} was not written: ${why}`);

export const notWritten = (path: BytePath, why: string, cause?: unknown): SourceError =>
  new SourceError('ERR_SOURCE_WRITE', `${show(path)} was not written: ${why}`, { cause });

/** What a file system says to a name that it cannot hold: others it can. */
const NO_NAME: ReadonlySet<string | undefined> = new Set(['ENAMETOOLONG', 'EILSEQ']);

/** Runs file system calls; what they throw names the item. */
export function attempt<T>(path: BytePath, calls: () => T): T {
  try {
    return calls();
  } catch (error) {
    if (error instanceof SourceError) throw error;
    if (NO_NAME.has(errnoOf(error))) throw unsafe(path, 'this file system cannot hold a name like that');
    throw notWritten(path, reasonOf(error), error);
  }
}

const show = (path: BytePath): string => showBytes(Buffer.from(path, 'latin1'));
