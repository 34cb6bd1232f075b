import { lstatSync, type Stats } from 'node:fs';
import { type BytePath, fsPath } from '../files/index.ts';

/** `lstat`, or undefined when nothing is there. */
export function lookAt(path: BytePath): Stats | undefined {
  // Without an error object for what is missing, which is the common case.
  return lstatSync(fsPath(path), { throwIfNoEntry: false });
}
