import type { MassChange } from '../requests.ts';
import type { UnitRun } from './unit.ts';

/** Fewer items than this are not called a mass, whatever their share. */
const LEAST_ITEMS = 25;
const DELETED_SHARE = 0.3;
const CHANGED_SHARE = 0.6;

/**
 * Whether a run lost or changed so much of a database that it may be the work of an accident, or of somebody who
 * encrypts files for ransom (U6). The set is made all the same, but marked: pruning stops until it is confirmed. What
 * policy does, moving items to another class or sealing them anew, is no such change.
 */
export function massChange(unit: UnitRun): MassChange | undefined {
  const before = unit.known?.items ?? 0;
  const deleted = unit.counts.deleted - unit.movedAway;
  const changed = unit.resealed ? 0 : unit.counts.changed;
  const mass =
    (deleted > LEAST_ITEMS && deleted > before * DELETED_SHARE) ||
    (changed > LEAST_ITEMS && changed > before * CHANGED_SHARE);
  return mass ? { ...unit.key, deleted, changed, before } : undefined;
}
