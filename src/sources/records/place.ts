/** Where the files are: one, or those of a folder. */
import {
  type BigIntStats,
  closeSync,
  constants,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { SourceError } from '../../database/index.ts';
import {
  type BytePath,
  errnoOf,
  fromBytes,
  fromText,
  fsPath,
  isTemporaryName,
  join,
  parentOf,
  reasonOf,
} from '../files/index.ts';
import type { RecordKind, RecordOptions } from './kind.ts';

export interface Place {
  readonly kind: 'file' | 'folder';
  /** The folder that holds the files. */
  readonly folder: BytePath;
  /** The one file; of a folder, the one for items that came from no named file: empty when the kind is to say. */
  readonly file: BytePath;
  /** Whether it is there. */
  readonly exists: boolean;
}

/**
 * A link given as the path is followed.
 *
 * @param several whether items of several files are to go there, which matters when it is not there yet
 */
export function placeOf({ path, into }: RecordOptions, kind: RecordKind, several = false): Place {
  let real = resolve(path);
  let stat: ReturnType<typeof statSync> | undefined;
  try {
    stat = statSync(path);
    real = realpathSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  const full = fromText(real);
  const name = full.slice(full.lastIndexOf('/') + 1);
  const exists = stat !== undefined;
  const folder = stat
    ? stat.isDirectory()
    : into !== undefined || path.endsWith('/') || !kind.isFile(name, several);
  if (folder) return { kind: 'folder', folder: full, file: fromText(into ?? ''), exists };
  if (stat && !stat.isFile()) throw new Error('it is neither a file nor a folder');
  return { kind: 'file', folder: parentOf(full), file: name, exists };
}

/** O_NOFOLLOW: a link put in the place of a file is not followed; O_NONBLOCK: a pipe does not block. */
export const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The names of the files, sorted. */
export function filesOf(place: Place, kind: RecordKind): BytePath[] {
  if (place.kind === 'file') return [place.file];
  const names = readdirSync(fsPath(place.folder), 'buffer').map(fromBytes).sort();
  return names.filter((name) => {
    if (isTemporaryName(name)) return false;
    return kind.isOurs(name, (text) => beginsWith(join(place.folder, name), text));
  });
}

/** Whether a name may be written in a folder: it must be one that is listed then. */
export const isSafeName = (name: BytePath, kind: RecordKind): boolean =>
  name.length <= 255 && !/[/\0]/.test(name) && !isTemporaryName(name) && kind.isOurs(name, () => true);

function beginsWith(path: BytePath, text: string): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(fsPath(path), READING);
    const buffer = new Uint8Array(text.length);
    return readSync(fd, buffer, 0, text.length, 0) === text.length && fromBytes(buffer) === text;
  } catch (error) {
    // What cannot be looked at may be one: it is to be reported, not left out.
    return errnoOf(error) === 'EACCES' || errnoOf(error) === 'EIO';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Says whether a file still is what it was when it was read. */
export interface FileIdentity {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly mode: number;
}

export const identityOf = ({ ino, size, mtimeNs, ctimeNs, mode }: BigIntStats): FileIdentity => ({
  ...{ ino, size, mtimeNs, ctimeNs },
  mode: Number(mode) & 0o777,
});

export const sameFile = (a: FileIdentity, b: FileIdentity): boolean =>
  a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;

export const unavailable = (name: string, error: unknown): SourceError =>
  error instanceof SourceError
    ? error
    : new SourceError('ERR_SOURCE_UNAVAILABLE', `cannot read ${name}: ${reasonOf(error)}`, { cause: error });
