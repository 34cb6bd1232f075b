import type { MassChange } from '../requests.ts';
import type { UnitRun } from './unit.ts';

/**
 * Whether a run lost or changed so much of a database that it may be the work of an accident, or of somebody who
 * encrypts files for ransom (U6). The set is made all the same, but marked: pruning stops until it is confirmed. What
 * policy does, moving items to another class or sealing them anew, is no such change; nor is renaming. What is much,
 * policy says.
 */
export function massChange(unit: UnitRun): MassChange | undefined {
  const before = unit.known?.items ?? 0;
  const deleted = unit.counts.deleted - unit.movedAway - unit.renames.count;
  const changed = unit.resealed ? 0 : unit.counts.changed;
  const { 'guard.removed': removed, 'guard.changed': altered, 'guard.atLeast': atLeast } = unit.rule;
  const isMass = (items: number, percent: number): boolean =>
    items >= atLeast && items * 100 > before * percent;
  return isMass(deleted, removed) || isMass(changed, altered)
    ? { ...unit.key, deleted, changed, before }
    : undefined;
}
