import type { Catalogue } from './catalogue.ts';
import { BackupError } from './errors.ts';

/**
 * Confirms that the mass change of a set was meant (U6): it no longer holds up pruning. The next set says so.
 * @throws BackupError `ERR_SET_UNKNOWN` when the set is not one that waits
 */
export function confirmSet(catalogue: Catalogue, set: string): void {
  if (catalogue.confirm(set)) return;
  const waiting = catalogue.chain()?.alerts ?? [];
  throw new BackupError(
    'ERR_SET_UNKNOWN',
    `set ${set} does not wait to be confirmed; waiting: ${waiting.join(', ') || 'none'}`,
  );
}
