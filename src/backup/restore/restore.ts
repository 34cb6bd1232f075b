import { CryptoError } from '../../crypto/index.ts';
import { SourceError, type SourceWriter } from '../../database/index.ts';
import { equalBytes, showBytes } from '../../lib/bytes.ts';
import { splitKey, uidOf, type WantsKey } from '../../set/index.ts';
import {
  checkTables,
  chooseSet,
  knownAt,
  type OpenedIndex,
  OpenedSet,
  openIndex,
  type SetItem,
  setInfo,
} from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { ItemChoice, LeftOut, RestoredDatabase, RestoreReport, RestoreRequest } from '../requests.ts';
import { LARGE, type ReadWindow, readLarge, tablesOf, WindowReader, windows } from './pieces.ts';
import { admit, refuseFile } from './unencrypted.ts';

/**
 * Restores a set, or what is chosen of it (B12, N9). Manifests, envelopes and the heads of all indexes are verified
 * before a writer is opened; every byte is verified before it is handed to one; nothing becomes visible before all of
 * it has been verified, so that a damaged set leaves everything as it was.
 *
 * @throws BackupError, CryptoError, DestinationError, SourceError; the writers have then been aborted
 */
export async function restore(context: EngineContext, request: RestoreRequest): Promise<RestoreReport> {
  const { chain, verified } = await chooseSet(context, request);
  const older = chain.behind && { counter: chain.behind.counter, knownAt: knownAt(context, chain.behind) };
  if (older) await request.onOlder?.({ set: setInfo(verified), known: older });
  const set = new OpenedSet(context, verified);
  refuseFile(set, request.unencrypted);
  const { indexes: chosen, locked } = await chooseIndexes(set, request);
  // Of a few items only where they lie is looked at: a database may lie in hundreds of sets.
  if (!request.items) for (const index of chosen) await checkTables(set, index);
  const { indexes, leftOut: refused } = admit(chosen, request.unencrypted);
  const leftOut = [...refused, ...locked.map(asLeftOut)];

  const writers = new Writers(request);
  const progress = { items: 0, bytes: 0 };
  try {
    const databases: RestoredDatabase[] = [];
    for (const index of indexes)
      databases.push(await restoreDatabase(context, set, index, request, writers, progress));
    // What is not found may lie in what was left out, which is said.
    if (leftOut.length === 0) requireItems(request, writers.found);
    // All of them, before the first one is visible: a full disk then leaves everything as it was (U7).
    for (const writer of writers.all()) await writer.prepare?.();
    await commitAll([...writers.all()]);
    return {
      set: setInfo(verified),
      freshness: chain.freshness,
      ...(older && { older }),
      databases,
      leftOut: [...leftOut, ...writers.leftOut],
    };
  } catch (error) {
    // The first one may have made the directories that the others lie in.
    for (const writer of [...writers.all()].reverse()) await writer.abort();
    throw error;
  }
}

/** At the same time, so that they wait for the disk once. What one could not do is told when the others have ended. */
async function commitAll(writers: readonly SourceWriter[]): Promise<void> {
  const done = await Promise.allSettled(writers.map((writer) => writer.commit()));
  const failed = done.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

/** The indexes of the databases asked for, and what no key here opens of a set that is to be read as a whole. */
export interface ChosenIndexes {
  readonly indexes: OpenedIndex[];
  /** `database` is an id: what it stands for is sealed as well. */
  readonly locked: readonly { readonly database: string; readonly error: CryptoError }[];
}

/**
 * Opens indexes, of which only the chosen items will come; whose keys are not here keeps nobody from the others (U1).
 * @throws CryptoError `ERR_NO_KEY` when none opens, or one that was asked for may be among the locked ones; BackupError
 * `ERR_SET_UNKNOWN` for a name that is not there
 */
export async function chooseIndexes(set: OpenedSet, choice: ItemChoice): Promise<ChosenIndexes> {
  const indexes: OpenedIndex[] = [];
  const locked: { database: string; error: CryptoError }[] = [];
  const wants = choice.items && wantsUids(choice.items);
  for (const parts of set.manifest.indexes)
    try {
      indexes.push(await openIndex(set, parts, wants));
    } catch (error) {
      if (!(error instanceof CryptoError) || error.code !== 'ERR_NO_KEY') throw error;
      locked.push({ database: parts.at(-1)?.database ?? '', error });
    }
  const [first] = locked;
  if (indexes.length === 0 && first) throw first.error;
  if (!choice.databases) return { indexes, locked };
  const names = new Set(indexes.map((index) => index.header.database));
  for (const name of choice.databases) {
    if (names.has(name)) continue;
    if (first) throw first.error;
    throw new BackupError(
      'ERR_SET_UNKNOWN',
      `set ${set.manifest.set}: there is no database "${name}" in it; there are: ${[...names].join(', ') || 'none'}`,
    );
  }
  const asked = indexes.filter((index) => choice.databases!.includes(index.header.database));
  return { indexes: asked, locked: [] };
}

const asLeftOut = ({ database, error: { code, message } }: ChosenIndexes['locked'][number]): LeftOut => ({
  ...{ database, code, reason: message },
});

function wantsUids(uids: readonly Uint8Array[]): WantsKey {
  const lengths = new Set(uids.map(({ length }) => length));
  const wanted = new Set(uids.map((uid) => uid.toHex()));
  return (key) => {
    const uid = uidOf(key);
    return lengths.has(uid.length) && wanted.has(uid.toHex());
  };
}

async function restoreDatabase(
  context: EngineContext,
  set: OpenedSet,
  index: OpenedIndex,
  request: RestoreRequest,
  writers: Writers,
  progress: { items: number; bytes: number },
): Promise<RestoredDatabase> {
  const counts = { added: 0, replaced: 0, kept: 0, 'kept-both': 0 };
  let bytes = 0;
  const byLabel = new Map<string, SourceWriter>();
  const groups = windows(index.items);
  for await (const { window, read, chunks } of readAhead(set, groups)) {
    for (const [i, item] of window.entries()) {
      context.signal.throwIfAborted();
      const { entry } = item;
      if (request.items) writers.found.add(entry.uid.toHex());
      const { label } = splitKey(entry.key);
      let writer = byLabel.get(label);
      if (!writer) byLabel.set(label, (writer = await writers.of(index, label)));
      const content = read
        ? ({ kind: 'bytes', bytes: checked(context, item, read.contents[i]!) } as const)
        : ({ kind: 'stream', chunks: checkedStream(context, item, chunks!) } as const);
      try {
        counts[await writer.put(entry, entry.size, content)]++;
      } catch (error) {
        if (!(error instanceof SourceError) || error.code !== 'ERR_SOURCE_UNSAFE_NAME') throw error;
        writers.leave(index, error, showBytes(entry.uid));
      }
      bytes += entry.size;
      progress.items++;
      progress.bytes += entry.size;
    }
    read?.release();
    context.report({ kind: 'progress', phase: 'restore', database: index.header.database, ...progress });
  }
  return {
    database: index.header.database,
    class: index.header.class,
    added: counts.added,
    replaced: counts.replaced,
    kept: counts.kept,
    keptBoth: counts['kept-both'],
    bytes,
  };
}

/** A window, and what was read of it; of a large item the first bytes are, the others are while it is written. */
interface Group {
  readonly window: readonly SetItem[];
  readonly read?: ReadWindow;
  readonly chunks?: AsyncGenerator<Uint8Array>;
}

/** While a window is written, the next one is read. */
async function* readAhead(set: OpenedSet, groups: AsyncIterable<SetItem[]>): AsyncGenerator<Group> {
  const reader = new WindowReader(set);
  let pending: Promise<Group> | undefined;
  for await (const window of groups) {
    const small = window.length > 1 || window[0]!.entry.size <= LARGE;
    const next: Promise<Group> = small
      ? reader.read(window).then((read) => ({ window, read }))
      : set.checkTables(tablesOf(window)).then(() => ({ window, chunks: readLarge(set, window[0]!) }));
    next.catch(() => {}); // awaited below, after the window before it
    if (pending) yield await pending;
    pending = next;
  }
  if (pending) yield await pending;
}

function checked(context: EngineContext, { entry }: SetItem, bytes: Uint8Array): Uint8Array {
  if (!equalBytes(context.platform.sha256(bytes), entry.fingerprint)) throw otherBytes(entry.uid);
  return bytes;
}

/** Throws at the end when the bytes are not the item's, so that the writer drops what it has. */
async function* checkedStream(
  context: EngineContext,
  item: SetItem,
  chunks: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hasher = context.platform.hasher();
  for await (const chunk of chunks) {
    context.signal.throwIfAborted();
    hasher.update(chunk);
    yield chunk;
  }
  if (!equalBytes(hasher.digest(), item.entry.fingerprint)) throw otherBytes(item.entry.uid);
}

const otherBytes = (uid: Uint8Array): BackupError =>
  new BackupError('ERR_SEGMENT', `item ${showBytes(uid)}: its bytes are not those that the index names`);

function requireItems(request: ItemChoice, found: ReadonlySet<string>): void {
  for (const uid of request.items ?? [])
    if (!found.has(uid.toHex()))
      throw new BackupError('ERR_SET_UNKNOWN', `there is no item ${showBytes(uid)} in what was asked for`);
}

/** One writer per database, class and label, opened when its first item comes. */
class Writers {
  readonly leftOut: LeftOut[] = [];
  readonly found = new Set<string>();
  readonly #request: RestoreRequest;
  readonly #open = new Map<string, SourceWriter>();

  constructor(request: RestoreRequest) {
    this.#request = request;
  }

  async of({ header }: OpenedIndex, label: string): Promise<SourceWriter> {
    const key = JSON.stringify([header.database, header.class, label]);
    let writer = this.#open.get(key);
    if (!writer) {
      const sourceKind = header.sources.find((source) => source.label === label)?.kind ?? 'folder';
      writer = await this.#request.writerFor({
        database: header.database,
        class: header.class,
        sourceKind,
        label,
      });
      this.#open.set(key, writer);
    }
    return writer;
  }

  all(): Iterable<SourceWriter> {
    return new Set(this.#open.values());
  }

  leave({ header }: OpenedIndex, error: SourceError, item: string): void {
    this.leftOut.push({ database: header.database, item, code: error.code, reason: error.message });
  }
}
