/**
 * Which parts of an index a new one takes up. A full index is as long as the database has items, and each delta is one
 * more segment to read for everybody: so deltas are merged as log-structured stores merge their runs, and a full one
 * is written when they have become long.
 */
import { compareBytes } from '../../lib/bytes.ts';
import { type IndexEntry, SETS_PER_KEYRING } from '../../set/index.ts';
import type { Change, Unit, UnitKey, UnitPart } from '../catalogue.ts';
import { Cursor } from './cursor.ts';
import type { Run } from './run-context.ts';

/** Deltas are as long as this share of the items at most, all together. */
const DELTA_SHARE = 0.5;

/** A delta is merged when it has at most twice as many entries as those behind it, the new one among them. */
const TWICE = 2;

/** Entries of a merged delta at most: so many keys are kept, and read into memory. */
export const MOST_MERGED = 50_000;

/** Whether the next part lists everything. */
export function isFullDue(known: Unit, changes: number, items: number): boolean {
  const [, ...deltas] = known.parts;
  return known.parts.length >= SETS_PER_KEYRING || entriesOf(deltas) + changes > items * DELTA_SHARE + 1000;
}

/** The newest deltas of an index, which the next one takes the place of. */
export interface MergedDeltas {
  /** How many. */
  readonly count: number;
  /** Of their entries, ascending, each once. */
  readonly keys: readonly Uint8Array[];
}

/** @param keysOf of the entries of a part; undefined = not known */
export function mergedDeltas(
  parts: readonly UnitPart[],
  changes: number,
  keysOf: (part: UnitPart) => readonly Uint8Array[] | undefined,
): MergedDeltas {
  const keys: Uint8Array[] = [];
  let count = 0;
  let entries = changes;
  for (const part of parts.slice(1).reverse()) {
    if (part.entries > TWICE * entries || entries + part.entries > MOST_MERGED) break;
    const of = keysOf(part);
    if (!of) break;
    for (const key of of) keys.push(key);
    entries += part.entries;
    count++;
  }
  keys.sort(compareBytes);
  return { count, keys: keys.filter((key, i) => i === 0 || compareBytes(key, keys[i - 1]!) !== 0) };
}

/** What this run has changed, and what has become of the entries of the deltas that it merges. */
export function* deltaEntries(
  { catalogue, catalogueRun }: Run,
  unit: UnitKey,
  merged: MergedDeltas,
): Generator<IndexEntry> {
  const changes = new Cursor(catalogueRun!.changes(unit), (change) => change.item.key);
  const items = new Cursor(catalogue.itemsOf(unit, merged.keys), (item) => item.key);
  for (const key of merged.keys) {
    yield* changedBefore(changes, key);
    const change = changes.at(key);
    const item = items.at(key);
    yield change?.same === false ? change.item.entry() : (item?.present() ?? { op: 'deleted', key });
  }
  yield* changedBefore(changes, undefined);
}

function* changedBefore(changes: Cursor<Change>, key: Uint8Array | undefined): Generator<IndexEntry> {
  for (let change = changes.before(key); change; change = changes.before(key))
    if (!change.same) yield change.item.entry();
}

const entriesOf = (parts: readonly UnitPart[]): number =>
  parts.reduce((sum, { entries }) => sum + entries, 0);
