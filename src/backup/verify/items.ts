/** The contents of a set: every item opened and compared with its fingerprint, or a share of them. */
import { equalBytes, showBytes } from '../../lib/bytes.ts';
import { BaseError } from '../../lib/errors.ts';
import { decodeIndex, type IndexPart } from '../../set/index.ts';
import { type OpenedIndex, type OpenedSet, openWhole, type SetItem } from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { Damage } from '../requests.ts';
import { LARGE, readLarge, WindowReader, windows } from '../restore/index.ts';
import type { Sample } from './sample.ts';

/** Takes what is damaged; throws what is no damage. */
export type Note = (damage: Pick<Damage, 'object' | 'database' | 'item' | 'title'>, error: unknown) => void;

export interface Counts {
  /** Opened and compared. */
  items: number;
  bytes: number;
  /** That the indexes list. */
  listed: number;
}

/** Windows of a sample are small, so that a share of a small database is a share. */
const SAMPLED = { bytes: 1024 * 1024, items: 200 };

export async function verifyItems(
  context: EngineContext,
  set: OpenedSet,
  sample: Sample | undefined,
  note: Note,
): Promise<Counts> {
  const counts: Counts = { items: 0, bytes: 0, listed: 0 };
  for (const parts of set.manifest.indexes) {
    const index = await openWhole(set, parts).catch(async (error: unknown) => {
      if (!isDamage(error)) throw error;
      const database = await nameOf(set, parts);
      const what = database ?? `a database whose name cannot be read (${parts[0]?.database})`;
      note({ object: `index of ${what}: none of its items`, ...(database && { database }) }, error);
    });
    if (index) await verifyIndex(context, set, index, counts, sample, note);
  }
  return counts;
}

async function verifyIndex(
  context: EngineContext,
  set: OpenedSet,
  index: OpenedIndex,
  counts: Counts,
  sample: Sample | undefined,
  note: Note,
): Promise<void> {
  const { database } = index.header;
  const listed = async function* (): AsyncGenerator<SetItem> {
    let last: Uint8Array | undefined;
    try {
      for await (const item of index.items) {
        counts.listed++;
        last = item.entry.uid;
        yield item;
      }
    } catch (error) {
      // It ends here, so that what was listed is checked.
      const from = last ? `items after ${showBytes(last)}` : 'all items';
      note({ object: `index of ${database}: ${from}`, database }, error);
    }
  };
  const reader = new WindowReader(set);
  const all = windows(listed(), sample && SAMPLED);
  for await (const window of sample ? sample.of(all) : all) {
    context.signal.throwIfAborted();
    await verifyWindow(context, set, reader, window, (item, error) => {
      const { uid, title } = item.entry;
      const shown = showBytes(uid);
      note({ object: `item ${shown} of ${database}`, database, item: shown, title }, error);
    });
    for (const { entry } of window) {
      counts.items++;
      counts.bytes += entry.size;
    }
    const { items, bytes } = counts;
    context.report({ kind: 'progress', phase: 'verify', database, items, bytes });
  }
}

/** Items of one window; when that fails, each by itself, to say which are lost and which are not. */
async function verifyWindow(
  context: EngineContext,
  set: OpenedSet,
  reader: WindowReader,
  window: readonly SetItem[],
  damaged: (item: SetItem, error: unknown) => void,
): Promise<void> {
  const [first] = window;
  try {
    const hashes =
      window.length === 1 && first!.entry.size > LARGE
        ? [await hashLarge(context, set, first!)]
        : await hashWindow(context, reader, window);
    window.forEach((item, i) => {
      if (!equalBytes(hashes[i]!, item.entry.fingerprint)) damaged(item, otherBytes());
    });
  } catch (error) {
    if (!isDamage(error)) throw error;
    if (window.length === 1) damaged(first!, error);
    else for (const item of window) await verifyWindow(context, set, reader, [item], damaged);
  }
}

async function hashWindow(
  context: EngineContext,
  reader: WindowReader,
  window: readonly SetItem[],
): Promise<Uint8Array[]> {
  const { contents, release } = await reader.read(window);
  const hashes = contents.map((bytes) => context.platform.sha256(bytes));
  release();
  return hashes;
}

async function hashLarge(context: EngineContext, set: OpenedSet, item: SetItem): Promise<Uint8Array> {
  const hasher = context.platform.hasher();
  for await (const chunk of readLarge(set, item)) {
    context.signal.throwIfAborted();
    hasher.update(chunk);
  }
  return hasher.digest();
}

const otherBytes = (): BackupError =>
  new BackupError('ERR_SEGMENT', 'its bytes are not those that the index names');

export const isDamage = (error: unknown): boolean => error instanceof BaseError && error.kind === 'integrity';

/**
 * The name of a database whose index cannot be opened: names stand only in heads of indexes. Another part of the index
 * may tell, or one that an older set wrote under the same id.
 */
async function nameOf(set: OpenedSet, parts: readonly IndexPart[]): Promise<string | undefined> {
  const ids = new Set(parts.map(({ database }) => database));
  const older: IndexPart[] = [];
  for (const { set: used } of set.manifest.uses) {
    const manifest = await set.manifestOf(used).catch(() => undefined);
    for (const { id, segments } of manifest?.databases ?? [])
      if (ids.has(id) && segments.some(({ stream }) => stream === 'index'))
        older.push({ set: used, database: id });
  }
  for (const part of [...parts, ...older]) {
    try {
      return (await decodeIndex(set.indexFrames(part))).header.database;
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  return undefined;
}
