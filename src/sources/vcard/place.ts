/** Where the cards are: one file, or the `.vcf` files of a folder. */
import { type BigIntStats, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type SkippedItem, SourceError } from '../../database/index.ts';
import {
  type BytePath,
  errnoOf,
  fromBytes,
  fromText,
  fsPath,
  join,
  parentOf,
  reasonOf,
  shown,
  toBytes,
} from '../files/index.ts';

export interface Place {
  readonly kind: 'file' | 'folder';
  /** The folder that holds the files: paths are joined from it. */
  readonly folder: BytePath;
  /** The one file; empty for a folder. */
  readonly file: BytePath;
  /** Whether it is there. */
  readonly exists: boolean;
}

/** A path that does not exist yet is a file when it ends in `.vcf`. A link given as the path is followed. */
export function placeOf(path: string): Place {
  let real = resolve(path);
  let stat: ReturnType<typeof statSync> | undefined;
  try {
    stat = statSync(path);
    real = realpathSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  const full = fromText(real);
  const exists = stat !== undefined;
  if (stat ? stat.isDirectory() : !isVcf(full)) return { kind: 'folder', folder: full, file: '', exists };
  if (stat && !stat.isFile()) throw new Error('it is neither a file nor a folder');
  return { kind: 'file', folder: parentOf(full), file: full.slice(full.lastIndexOf('/') + 1), exists };
}

/** The names of the files, sorted. */
export function filesOf(place: Place, skip: (skipped: SkippedItem) => void): BytePath[] {
  if (place.kind === 'file') return [place.file];
  const names = readdirSync(fsPath(place.folder), 'buffer').map(fromBytes).filter(isVcf).sort();
  return names.filter((name) => {
    if (lstatSync(fsPath(join(place.folder, name))).isFile()) return true;
    skip({ uid: toBytes(name), reason: `${shown(name)}: not a regular file` });
    return false;
  });
}

const isVcf = (name: BytePath): boolean => /\.(vcf|vcard)$/i.test(name);

/** Says whether a file still is what it was when its cards were found. */
export interface FileIdentity {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly mode: number;
}

export const identityOf = ({ ino, size, mtimeNs, ctimeNs, mode }: BigIntStats): FileIdentity => ({
  ino,
  size,
  mtimeNs,
  ctimeNs,
  mode: Number(mode) & 0o777,
});

export const sameFile = (a: FileIdentity, b: FileIdentity): boolean =>
  a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;

export const unavailable = (name: string, error: unknown): SourceError =>
  error instanceof SourceError
    ? error
    : new SourceError('ERR_SOURCE_UNAVAILABLE', `cannot read ${name}: ${reasonOf(error)}`, { cause: error });
