/** Where files of items are: one file, or a folder of them; and whether a file still is what it was. */
import { type BigIntStats, constants, lstatSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SourceError } from '../../database/index.ts';
import { errnoOf, reasonOf } from './failure.ts';
import { type BytePath, fromText, fsPath, parentOf, shown } from './path.ts';

export interface Place {
  readonly kind: 'file' | 'folder';
  /** The folder that holds the files: paths are joined from it. */
  readonly folder: BytePath;
  /** The one file; of a folder, the one for items that came from no named file: empty when the kind is to say. */
  readonly file: BytePath;
  /** Whether it is there. */
  readonly exists: boolean;
}

export interface PlaceOptions {
  /** A file, or a folder of them. */
  readonly path: string;
  /** For messages. */
  readonly label?: string;
  /** The path is a folder even if it does not exist; items that came from no named file go into this one. */
  readonly into?: string;
}

/**
 * A link given as the path is followed.
 *
 * @param isFile whether a path that does not exist yet is to be a file, by its name
 */
export function placeOf({ path, into }: PlaceOptions, isFile: (name: BytePath) => boolean): Place {
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
  const folder = stat ? stat.isDirectory() : into !== undefined || path.endsWith('/') || !isFile(name);
  if (folder) return { kind: 'folder', folder: full, file: fromText(into ?? ''), exists };
  if (stat && !stat.isFile()) throw new Error('it is neither a file nor a folder');
  return { kind: 'file', folder: parentOf(full), file: name, exists };
}

/** Tells the folder that was listed from one that was mounted in its place, or is seen when it is mounted no longer. */
export function identityOfFolder({ folder }: Place): string {
  const { dev, ino } = statSync(fsPath(folder), { bigint: true });
  return `${dev} ${ino}`;
}

/** O_NOFOLLOW: a link put in the place of a file is not followed; O_NONBLOCK: a pipe does not block. */
export const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

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

/**
 * Whoever wrote to the file since it was read must not lose that; a link that was put in its place is not followed.
 *
 * @param identity as it was read; undefined when it was not there
 * @throws SourceError `ERR_SOURCE_ITEM_CHANGED`
 */
export function refuseChanged(path: BytePath, identity: FileIdentity | undefined): void {
  const now = lstatSync(fsPath(path), { bigint: true, throwIfNoEntry: false });
  if (!now && !identity) return;
  if (!now || !identity || !sameFile(identityOf(now), identity)) throw changedFile(path);
}

export const changedFile = (path: BytePath): SourceError =>
  new SourceError(
    'ERR_SOURCE_ITEM_CHANGED',
    `${shown(path)} was changed by someone else: nothing was written; try again`,
  );

export const unavailable = (name: string, error: unknown): SourceError =>
  error instanceof SourceError
    ? error
    : new SourceError('ERR_SOURCE_UNAVAILABLE', `cannot read ${name}: ${reasonOf(error)}`, { cause: error });
