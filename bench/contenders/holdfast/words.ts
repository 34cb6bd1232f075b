/** The command line of each phase. */
import { join } from 'node:path';
import { type Kind, kinds } from '../../data/index.ts';
import type { Phase } from '../contender.ts';

export interface Wanted {
  readonly phase: Phase;
  /** Path below the tree. */
  readonly item: string;
  /** Where phases `restore` and `item` write. */
  readonly target: string;
  /** The backup file, when it is not a storage area. */
  readonly file?: string;
}

/** @returns undefined for a phase that this way does not have */
export function wordsOf({ phase, item, target, file }: Wanted): string[] | undefined {
  const from = file === undefined ? [] : ['--from', file];
  switch (phase) {
    case 'first':
    case 'unchanged':
    case 'changed':
      // A backup file is always one full set: each time the whole again.
      return file === undefined ? ['backup'] : ['backup', '--to', file, '--replace'];
    case 'sets':
      return ['sets', ...from];
    case 'list':
      return ['ls', ...from];
    case 'item': {
      const [folder = '', ...uid] = item.split('/');
      const { database } = kinds[folder as Kind];
      return ['restore', ...from, '--database', database, '--item', join(...uid), '--into', target];
    }
    case 'restore':
      return ['restore', ...from, '--into', target];
    case 'verify':
      return ['verify', ...from];
    case 'prune':
      return file === undefined ? ['prune', '--keep-last', '1'] : undefined;
  }
}
