import { toBase64Url } from '../../lib/bytes.ts';
import type { IndexHeader, IndexPart, SegmentTable, UsedSet } from '../../set/index.ts';
import type { Catalogue, FilledUnit, UnitPart } from '../catalogue.ts';
import { type Chain, type OpenedIndex, OpenedSet, openWhole, recapsAfter } from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';

/**
 * Fills an empty catalogue from the newest set of a checked chain, so that a device that lost its state goes on
 * without uploading again. The sources' stamps are lost: the next run reads every item once.
 */
export async function rebuild(context: EngineContext, catalogue: Catalogue, chain: Chain): Promise<void> {
  const set = new OpenedSet(context, chain.newest);
  const { manifest, hash } = chain.newest;
  const last: UsedSet = { set: manifest.set, counter: manifest.counter, time: manifest.time, hash };
  const pruned = manifest.kind === 'prune' ? last : manifest.pruned;
  const rewrapped = manifest.kind === 'rewrap' ? last : manifest.rewrapped;
  const indexes: { index: OpenedIndex; parts: readonly IndexPart[] }[] = [];
  for (const parts of manifest.indexes) indexes.push({ index: await openWhole(set, parts), parts });
  const units = async function* (): AsyncGenerator<FilledUnit> {
    for (const { index, parts } of indexes) {
      const { database } = index.header;
      context.report({ kind: 'progress', phase: 'rebuild', database, items: 0, bytes: 0 });
      yield filledUnit(index, parts);
    }
  };
  const chunking = indexes[0]?.index.header.chunking ?? context.platform.random(32);
  await catalogue.fill(
    {
      chain: manifest.chain,
      base: manifest.base,
      last,
      chunking: toBase64Url(chunking),
      alerts: manifest.alerts ?? [],
      ...(pruned && { pruned }),
      ...(rewrapped && { rewrapped }),
      recaps: recapsAfter(manifest, hash),
    },
    [...manifest.uses, last],
    units(),
  );
}

function filledUnit(index: OpenedIndex, parts: readonly IndexPart[]): FilledUnit {
  // One list of segments for all parts; an item's extents number those of its own part.
  const segments: SegmentTable[] = [];
  const first = new Map<readonly SegmentTable[], number>();
  for (const { tables } of index.headers) {
    first.set(tables, segments.length);
    segments.push(...tables);
  }
  const { header } = index;
  return {
    unit: {
      database: header.database,
      class: header.class,
      protection: header.protection,
      sources: header.sources,
      parts: parts.map((part, i) => knownPart(part, index.headers[i]!)),
    },
    segments,
    items: (async function* () {
      for await (const { entry, tables } of index.items) {
        const offset = first.get(tables)!;
        const extents = entry.extents.map((extent) => ({ ...extent, segment: extent.segment + offset }));
        yield { ...entry, extents };
      }
    })(),
  };
}

const knownPart = (part: IndexPart, { entries, tables }: IndexHeader): UnitPart => ({
  ...part,
  entries,
  uses: [...new Set([part.set, ...tables.map((table) => toBase64Url(table.set))])],
});
