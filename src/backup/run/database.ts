/**
 * One database of a run: its sources' listings met with what is known, item by item, in one ascending pass (B9, B10).
 */
import { type ItemClass, type ListedItem, SourceError } from '../../database/index.ts';
import { compareBytes, showBytes, utf8 } from '../../lib/bytes.ts';
import type { DatabaseRule } from '../../policy/rules/index.ts';
import { entryKey, splitKey } from '../../set/index.ts';
import type { DatabasePlan } from '../contract.ts';
import type { Run } from './run-context.ts';
import { Skipped } from './skipped.ts';
import { UnitRun } from './unit.ts';

const CLASSES: readonly ItemClass[] = ['enterprise', 'personal'];

/** Backs up one database from all of its sources; gives its units, or none when a listing failed. */
export async function backupDatabase(run: Run, plans: readonly DatabasePlan[]): Promise<UnitRun[]> {
  const { database } = plans[0]!;
  const units = new Map<ItemClass, UnitRun>();
  for (const itemClass of CLASSES) {
    const rule = plans[0]!.rules(itemClass);
    if (rule.backup === 'allow' && (rule.encrypt !== 'none' || sentPlain(run, rule)))
      units.set(itemClass, new UnitRun(run, { database, class: itemClass }, rule));
  }
  try {
    // Labels in byte order: keys begin with them.
    for (const plan of [...plans].sort((a, b) => compareBytes(utf8(a.label), utf8(b.label))))
      await backupSource(run, plan, units);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    // U6: a listing that broke off says nothing about what is gone. Everything carries over.
    for (const unit of units.values()) {
      run.recorder?.discard(unit.key);
      run.checkpoints?.discard(unit.key);
    }
    run.leftOut.push({ database, code: error.code, reason: error.message });
    return [];
  }
  for (const unit of units.values()) await unit.end();
  return [...units.values()];
}

/** B10: not encrypted because policy says so, and only to where that may lie. */
const sentPlain = ({ context }: Run, rule: DatabaseRule): boolean =>
  rule.plain === 'send' && context.destination.takesPlain === true;

async function backupSource(
  run: Run,
  plan: DatabasePlan,
  units: ReadonlyMap<ItemClass, UnitRun>,
): Promise<void> {
  const label = utf8(plan.label);
  const { chosen } = run;
  const skipped = new Skipped();
  const gone = (key: Uint8Array): boolean => {
    const { label: of, uid } = splitKey(key);
    if (of !== plan.label || skipped.has(uid)) return false;
    if (chosen?.has(uid.toHex())) run.seen.add(uid.toHex());
    return !chosen || chosen.has(uid.toHex());
  };
  const skip = ({ uid, reason }: { uid: Uint8Array; reason: string }): void => {
    skipped.add(uid);
    const { database } = plan;
    if (uid.length === 0) run.leftOut.push({ database, code: 'ERR_SOURCE_FORMAT', reason });
    else run.leftOut.push({ database, item: showBytes(uid), code: 'ERR_SOURCE_ITEM_UNREADABLE', reason });
  };

  let listed = false;
  for await (const batch of plan.source.list(skip)) {
    run.context.signal.throwIfAborted();
    for (const item of batch) {
      listed = true;
      const key = entryKey(label, item.uid);
      for (const unit of units.values()) unit.passTo(key, gone);
      const wait = backupItem(run, plan, units, item, key, chosen);
      if (wait) await wait;
      if (run.checkpoints?.due) await run.checkpoints.put();
    }
  }
  const end = entryKey(utf8(`${plan.label}\u0001`), new Uint8Array(0));
  const emptied = { items: 0 };
  for (const unit of units.values())
    unit.passTo(end, (key) => {
      if (listed || run.request.allowEmpty || !gone(key)) return gone(key);
      emptied.items++;
      return false;
    });
  if (emptied.items > 0) leaveEmptied(run, plan, emptied.items);
}

/** U6: a source that suddenly has nothing is more likely to be somewhere else than to have been emptied. */
function leaveEmptied(run: Run, { database, label }: DatabasePlan, items: number): void {
  const reason = `source "${label}" had ${items} items and now has none: they are kept; if it was emptied on purpose, back up with --allow-empty`;
  run.leftOut.push({ database, code: 'ERR_SOURCE_EMPTIED', reason });
}

/** Gives a promise only when there is something to wait for: most items are unchanged. */
function backupItem(
  run: Run,
  plan: DatabasePlan,
  units: ReadonlyMap<ItemClass, UnitRun>,
  item: ListedItem,
  key: Uint8Array,
  chosen: ReadonlySet<string> | undefined,
): Promise<void> | undefined {
  if (chosen && !chosen.has(item.uid.toHex())) {
    for (const unit of units.values()) unit.take(key);
    return undefined;
  }
  if (chosen) run.seen.add(item.uid.toHex());
  const unit = units.get(plan.classify(item.path));
  if (!unit) {
    // Denied now; what an earlier set has of it carries over (U6).
    for (const other of units.values()) other.take(key);
    return undefined;
  }
  for (const other of units.values()) {
    const moved = other === unit ? undefined : other.take(key);
    if (!moved) continue;
    other.delete(moved);
    other.movedAway++;
  }
  const known = unit.take(key);
  if (unit.stays(item, known) || unit.resumed(key, item, known)) {
    run.progress('backup', plan.database, 1, 0);
    return undefined;
  }
  const stored = (): void => run.progress('backup', plan.database, 1, item.size);
  const failed = (error: unknown): void => {
    if (!(error instanceof SourceError)) throw error;
    const { code, message: reason } = error;
    if (unit.isUnchanged(item, known))
      unit.stay(); // it was to be moved only
    else run.leftOut.push({ database: plan.database, item: showBytes(item.uid), code, reason });
  };
  try {
    const storing = unit.store(key, item, known, () => plan.source.read(item));
    if (storing) return storing.then(stored, failed);
    stored();
  } catch (error) {
    failed(error);
  }
  return undefined;
}
