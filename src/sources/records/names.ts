/** Which files of a folder are of a kind. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import {
  type BytePath,
  errnoOf,
  fromBytes,
  fsPath,
  isTemporaryName,
  join,
  type Place,
  READING,
} from '../files/index.ts';
import type { RecordKind } from './kind.ts';

/** The names of the files, sorted as they begin uids: with a `/` behind them. */
export function filesOf(place: Place, kind: RecordKind): BytePath[] {
  if (place.kind === 'file') return [place.file];
  const names = readdirSync(fsPath(place.folder), 'buffer').map(fromBytes);
  names.sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1));
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
