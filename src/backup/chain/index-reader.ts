/**
 * The items of a database and class as of a set: its full index and the deltas after it, merged as streams.
 */

import { MalformedError } from '../../lib/binary.ts';
import { compareBytes } from '../../lib/bytes.ts';
import {
  type DecodedIndex,
  decodeIndex,
  type IndexEntry,
  type IndexHeader,
  type IndexPart,
  type PresentEntry,
  type SegmentTable,
  type WantsKey,
} from '../../set/index.ts';
import type { OpenedSet } from './opened-set.ts';

/** One item, and the segments that its extents number. */
export interface SetItem {
  readonly entry: PresentEntry;
  readonly tables: readonly SegmentTable[];
}

export interface OpenedIndex {
  /** Of the newest part: what the database is called, where its items came from. */
  readonly header: IndexHeader;
  /** Policy left it unencrypted (B10). */
  readonly plain: boolean;
  /** Of every part, oldest first. */
  readonly headers: readonly IndexHeader[];
  /** Ascending by key, once. */
  readonly items: AsyncGenerator<SetItem>;
}

/**
 * Opens all parts of an index, checks their heads against each other. What its tables say is checked when something that
 * they point to is read, or before: {@link checkTables}.
 *
 * @param wants which items are wanted; all unless told
 */
export async function openIndex(
  set: OpenedSet,
  parts: readonly IndexPart[],
  wants?: WantsKey,
): Promise<OpenedIndex> {
  await set.readManifests(parts.map((part) => part.set));
  const plain = parts[0] !== undefined && (await set.isPlain(parts[0].set, parts[0].database));
  for (const part of parts) {
    if ((await set.isPlain(part.set, part.database)) !== plain)
      throw new MalformedError('index parts of which only some are encrypted');
    // One after the other: a token may have to be asked.
    if (!plain) await set.dataKey(part.set, part.database);
  }
  const opened = await Promise.all(parts.map((part) => decodeIndex(set.indexFrames(part), wants)));
  const headers = opened.map((index) => index.header);
  const [first] = headers;
  if (!first) throw new MalformedError('an index without parts');
  headers.forEach((header, i) => {
    const fits = header.database === first.database && header.class === first.class;
    if (!fits || (header.kind === 'full') !== (i === 0))
      throw new MalformedError('index parts that do not belong together');
  });
  set.bind(parts, headers, plain);
  return { header: headers.at(-1)!, plain, headers, items: mergeParts(opened) };
}

/** As {@link openIndex}, for reading what it points to. */
export async function openWhole(set: OpenedSet, parts: readonly IndexPart[]): Promise<OpenedIndex> {
  const index = await openIndex(set, parts);
  await checkTables(set, index);
  return index;
}

/** Checks all tables of an index against the manifests of the sets that wrote the segments. */
export const checkTables = (set: OpenedSet, { headers }: OpenedIndex): Promise<void> =>
  set.checkTables(headers.flatMap(({ tables }) => tables));

/** Of entries with one key, the newest part's counts. */
async function* mergeParts(parts: readonly DecodedIndex[]): AsyncGenerator<SetItem> {
  const heads: { entry: IndexEntry; part: DecodedIndex }[] = [];
  const advance = async (
    part: DecodedIndex,
  ): Promise<{ entry: IndexEntry; part: DecodedIndex } | undefined> => {
    const next = await part.entries.next();
    return next.done ? undefined : { entry: next.value, part };
  };
  for (const part of parts) {
    const head = await advance(part);
    if (head) heads.push(head); // oldest first
  }
  while (heads.length > 0) {
    let least = heads[0]!;
    for (const head of heads) if (compareBytes(head.entry.key, least.entry.key) <= 0) least = head;
    const { entry } = least;
    if (entry.op === 'present') yield { entry, tables: least.part.header.tables };
    for (let i = heads.length - 1; i >= 0; i--) {
      const head = heads[i]!;
      if (compareBytes(head.entry.key, entry.key) !== 0) continue;
      const next = await advance(head.part);
      if (next) heads[i] = next;
      else heads.splice(i, 1);
    }
  }
}
