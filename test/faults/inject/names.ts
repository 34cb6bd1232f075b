/** Changes of names that no sync has kept yet. */
import { linkSync, lstatSync, renameSync } from 'node:fs';
import { type RawPath, toPath } from './bytes.ts';

const fs = { linkSync, lstatSync, renameSync };

export type Change =
  | { readonly kind: 'add'; readonly path: RawPath; readonly dirs: readonly RawPath[] }
  | {
      readonly kind: 'remove';
      readonly path: RawPath;
      readonly grave: RawPath;
      readonly dirs: readonly RawPath[];
    }
  | {
      readonly kind: 'rename';
      readonly from: RawPath;
      readonly path: RawPath;
      /** What had the name before. */
      readonly grave: RawPath | undefined;
      readonly dirs: readonly RawPath[];
    };

/** What cannot be taken back is not there any more: then there is nothing to take back. */
export function takeBack(change: Change, grave: () => RawPath): void {
  if (change.kind === 'add') move(change.path, grave());
  if (change.kind === 'remove') move(change.grave, change.path);
  if (change.kind !== 'rename') return;
  move(change.path, change.from);
  if (change.grave !== undefined) move(change.grave, change.path);
}

function move(from: RawPath, to: RawPath): void {
  try {
    // What is there was not noted: it stays.
    if (fs.lstatSync(toPath(to), { throwIfNoEntry: false })) return;
    fs.renameSync(toPath(from), toPath(to));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
}

/** A rename lasts: what was changed before under the old name counts under the new one. */
export function carried(changes: readonly Change[], rename: Change & { kind: 'rename' }): Change[] {
  const at = changes.indexOf(rename);
  const { from, path } = rename;
  const moved = (old: RawPath): RawPath => (old.startsWith(`${from}/`) ? path + old.slice(from.length) : old);
  return changes.flatMap((change, i) => {
    if (i >= at) return [change];
    // It exists: the journal has it with its new name.
    if (change.kind === 'add' && change.path === from) return [];
    const dirs = change.dirs.map((dir) => (dir === from ? path : moved(dir)));
    const renamed = { ...change, path: moved(change.path), dirs };
    return [renamed.kind === 'rename' ? { ...renamed, from: moved(renamed.from) } : renamed];
  });
}
