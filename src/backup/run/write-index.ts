/**
 * The index of a unit at the end of a run: what changed since the set before, or everything.
 */
import { compareBytes, toBase64Url, utf8 } from '../../lib/bytes.ts';
import {
  encodeIndex,
  type IndexEntry,
  type IndexHeader,
  type IndexSource,
  MAX_HEADER,
  type SegmentTable,
} from '../../set/index.ts';
import type { KnownItem, Unit } from '../catalogue.ts';
import type { DatabasePlan } from '../contract.ts';
import { mergeChanges } from '../merge-changes.ts';
import { deltaEntries, isFullDue, MOST_MERGED, mergedDeltas } from './index-parts.ts';
import type { Written } from './recorder.ts';
import { tooLongIndex } from './room.ts';
import type { Run, SealedUnit } from './run-context.ts';
import { protectionOf, type UnitRun } from './unit.ts';

/** What writing an index gave: the unit as of this set, and the segments for the manifest. */
export interface WrittenIndex {
  readonly unit: Unit;
  readonly segments: readonly SegmentTable[];
  /** Of the entries that it wrote, ascending; undefined when they are not to be remembered. */
  readonly keys: readonly Uint8Array[] | undefined;
}

/** Undefined when nothing changed: the index of the set before stands. */
export async function writeIndex(
  run: Run,
  unit: UnitRun,
  sources: readonly IndexSource[],
): Promise<WrittenIndex | undefined> {
  const { known } = unit;
  const written = run.recorder!.written(unit.key);
  const changes = written.count;
  const items = unit.report().items;
  const full = !known || run.full || unit.resealed || isFullDue(known, changes, items);
  if (changes === 0 && (known ? !full || (!run.full && !unit.resealed) : items === 0)) return undefined;

  const older = full ? [] : known.parts;
  const merged = mergedDeltas(older, changes, (part) => run.catalogue.keysOf(unit.key, part));
  const entries = full ? () => everything(run, unit) : () => deltaEntries(run, unit.key, merged);
  // A first index, and a delta that merges none, hold what was written and nothing else.
  const surveyed = (full && known) || merged.count > 0 ? survey(entries()) : written;
  const keys = !full && surveyed.count <= MOST_MERGED ? [] : undefined;
  const { database, header, segments } = await writePart(run, unit, {
    kind: full ? 'full' : 'delta',
    sources: mergeSources(known?.sources ?? [], sources),
    ...surveyed,
    entries: keys ? () => keepingKeys(entries(), keys) : entries,
  });
  const set = run.catalogueRun!.set;
  const uses = new Set([set, ...header.tables.map((table) => toBase64Url(table.set))]);
  const part = { set, database, entries: surveyed.count, uses: [...uses] };
  return {
    segments,
    keys,
    unit: {
      ...unit.key,
      protection: header.protection,
      sources: header.sources,
      parts: [...older.slice(0, older.length - merged.count), part],
      items,
    },
  };
}

function* keepingKeys(entries: Iterable<IndexEntry>, keys: Uint8Array[]): Generator<IndexEntry> {
  for (const entry of entries) {
    keys.push(entry.key.slice());
    yield entry;
  }
}

/** Entries of one database and class that are written together. */
interface Part extends Written {
  readonly kind: IndexHeader['kind'];
  readonly sources: readonly IndexSource[];
  /** Gone through once. */
  readonly entries: () => Iterable<IndexEntry>;
}

/** Seals a part of an index. Its segments are known when nothing is under way any more. */
export async function writePart(
  run: Run,
  unit: SealedUnit,
  { kind, sources, count, segments: used, entries }: Part,
): Promise<{ database: string; header: IndexHeader; segments: readonly SegmentTable[] }> {
  const tables = new Map(
    [...used].map((number, place) => [number, { place, table: run.catalogue.segment(number) }]),
  );
  const keys = run.dataKey(unit);
  const header: IndexHeader = {
    kind,
    database: unit.key.database,
    class: unit.key.class,
    sources,
    protection: protectionOf(unit.rule, run.context.keys),
    policy: run.request.policy,
    chunking: run.chunking,
    entries: count,
    tables: [...tables.values()].map(({ table }) => table),
  };
  requireFitting(header);
  const segments: SegmentTable[] = [];
  const stream = run.stream('index', unit, keys, (table, place) => {
    // Two are under way: the second may arrive before the first.
    segments[place] = table;
  });
  for (const frame of encodeIndex(header, renumbered(entries(), tables))) {
    stream.add(frame, []);
    stream.endFrame();
    if (stream.crowded) await stream.settle();
  }
  await stream.end();
  return { database: toBase64Url(keys.id), header, segments };
}

/** What older sets have of it counts too: that is known only here. */
function requireFitting({ database, tables }: IndexHeader): void {
  let bytes = 0;
  for (const { frames } of tables) bytes += 64 + frames.length * 36;
  if (bytes > MAX_HEADER) throw tooLongIndex(database);
}

/** The sources of a database, for the head of its index. */
export const sourcesOf = (plans: readonly DatabasePlan[], database: string): IndexSource[] =>
  mergeSources(
    [],
    plans
      .filter((plan) => plan.database === database)
      .map((plan) => ({ label: plan.label, kind: plan.source.kind })),
  );

/** Known items with this run's changes applied. */
function* everything(run: Run, unit: UnitRun): Generator<IndexEntry> {
  const known: Iterable<KnownItem> = unit.known ? run.catalogue.items(unit.key) : [];
  for (const item of mergeChanges(known, run.catalogueRun!.changes(unit.key))) yield item.present();
}

/** What entries refer to. */
export function survey(entries: Iterable<IndexEntry>): Written {
  const segments = new Set<number>();
  let count = 0;
  for (const entry of entries) {
    count++;
    if (entry.op === 'present') for (const { segment } of entry.extents) segments.add(segment);
  }
  return { count, segments };
}

interface PlacedTable {
  readonly place: number;
  readonly table: SegmentTable;
}

function* renumbered(
  entries: Iterable<IndexEntry>,
  tables: ReadonlyMap<number, PlacedTable>,
): Generator<IndexEntry> {
  for (const entry of entries)
    yield entry.op === 'deleted'
      ? entry
      : {
          ...entry,
          extents: entry.extents.map((extent) => ({ ...extent, segment: tables.get(extent.segment)!.place })),
        };
}

function mergeSources(known: readonly IndexSource[], now: readonly IndexSource[]): IndexSource[] {
  const byLabel = new Map([...known, ...now].map((source) => [source.label, source]));
  return [...byLabel.values()].sort((a, b) => compareBytes(utf8(a.label), utf8(b.label)));
}
