/**
 * Contender: a program that backs up a tree and brings it back. All keep to the same phases, in the same order, over
 * the same files.
 */
import { archive } from './archive.ts';
import { borg } from './borg.ts';
import type { Contender } from './contender.ts';
import { copy } from './copy.ts';
import { holdfast, holdfastFile, holdfastTls } from './holdfast/index.ts';
import { restic } from './restic.ts';

export * from './contender.ts';
export { archive, copy };
export const contenders: readonly Contender[] = [
  holdfast,
  holdfastTls,
  holdfastFile,
  restic,
  borg,
  archive,
  copy,
];
/** Others are compared with it. */
export const reference = restic;
/** The one whose progress is followed. */
export const own = holdfast;
