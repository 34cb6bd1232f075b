import { compareBytes, equalBytes } from '../../lib/bytes.ts';
import { type IndexHeader, type IndexPart, type PresentEntry, splitKey } from '../../set/index.ts';
import {
  chooseSet,
  downwards,
  type OpenedIndex,
  OpenedSet,
  openIndex,
  type SetItem,
  setInfo,
  type VerifiedManifest,
} from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { ChangedDatabase, Difference, DiffReport, DiffRequest } from '../requests.ts';

/**
 * Compares two sets, database by database: two streams of items in order of their keys, each walked once. A database
 * that has the same index parts in both is not read at all.
 *
 * @param found is told of each difference, in order of the keys; awaited, so that a flood can be slowed down
 * @throws BackupError `ERR_SET_UNKNOWN` when there is no set before the newer one; CryptoError, DestinationError
 */
export async function diff(
  context: EngineContext,
  request: DiffRequest,
  found: (difference: Difference) => void | Promise<void> = () => {},
): Promise<DiffReport> {
  const { older, newer, freshness } = await chooseSets(context, request);
  const [before, after] = [new OpenedSet(context, older), new OpenedSet(context, newer)];
  const all = pairUp(await openIndexes(before, after, request), await openIndexes(after, before, request));
  const pairs = all.filter(({ header }) => request.databases?.includes(header.database) ?? true);
  requireDatabases(request, all);
  const databases: ChangedDatabase[] = [];
  const progress = { items: 0, bytes: 0 };
  for (const pair of pairs) {
    const { database, class: itemClass } = pair.header;
    const counts = { ...NONE };
    for await (const [was, is] of inStep(pair.before, pair.after)) {
      context.signal.throwIfAborted();
      if (++progress.items % 10_000 === 0)
        context.report({ kind: 'progress', phase: 'diff', database, ...progress });
      const one = (is ?? was)!;
      const change = !was ? 'added' : !is ? 'deleted' : sameItem(was, is) ? undefined : 'changed';
      if (!change) continue;
      counts[change]++;
      counts[`${change}Bytes`] += one.size;
      const { label, uid } = splitKey(one.key);
      const { title, size } = one;
      await found({ change, database, class: itemClass, label, uid, title, size, was: was?.size ?? 0 });
    }
    if (counts.added + counts.changed + counts.deleted > 0)
      databases.push({ database, class: itemClass, ...counts });
  }
  return { older: setInfo(older), newer: setInfo(newer), freshness, databases };
}

const NONE = { added: 0, changed: 0, deleted: 0, addedBytes: 0, changedBytes: 0, deletedBytes: 0 };

/** A time or a place among neighbours alone is no change: directories and exports change those with anything in them. */
function sameItem(was: PresentEntry, is: PresentEntry): boolean {
  const [a, b] = [was.attributes, is.attributes];
  return (
    was.size === is.size &&
    equalBytes(was.fingerprint, is.fingerprint) &&
    a.mode === b.mode &&
    a.directory === b.directory &&
    compareBytes(a.link ?? EMPTY, b.link ?? EMPTY) === 0
  );
}
const EMPTY = new Uint8Array(0);

/** The older one by its id, else by a time, else the one before; the newer one by its id, else the newest. */
async function chooseSets(context: EngineContext, { device, newer, older, at }: DiffRequest) {
  const since = older === undefined ? undefined : await chooseSet(context, { set: older });
  const of = device ?? (newer === undefined ? since?.chain.place.device : undefined);
  const { chain, verified } = await chooseSet(context, {
    ...(of !== undefined && { device: of }),
    ...(newer !== undefined && { set: newer }),
  });
  const { freshness, place } = chain;
  const earlier =
    since?.verified ??
    (at === undefined
      ? await setBefore(context, { ...chain, newest: verified })
      : (await chooseSet(context, { device: place.device, at })).verified);
  return { older: earlier, newer: verified, freshness };
}

async function setBefore(
  context: EngineContext,
  chain: Parameters<typeof downwards>[1],
): Promise<VerifiedManifest> {
  const sets = downwards(context, chain);
  await sets.next();
  const before = await sets.next();
  if (!before.done) return before.value;
  throw new BackupError(
    'ERR_SET_UNKNOWN',
    `set ${chain.newest.manifest.set} is the first of its chain: there is none before it to compare it with`,
  );
}

/** The indexes of a set that the other one does not have in the same parts; all of them when some are asked for by name. */
async function openIndexes(
  set: OpenedSet,
  other: OpenedSet,
  { databases }: DiffRequest,
): Promise<OpenedIndex[]> {
  const shared = new Set(databases ? [] : other.manifest.indexes.map(partsKey));
  const indexes: OpenedIndex[] = [];
  for (const parts of set.manifest.indexes)
    if (!shared.has(partsKey(parts))) indexes.push(await openIndex(set, parts));
  return indexes;
}

function requireDatabases({ databases }: DiffRequest, pairs: readonly Pair[]): void {
  const names = new Set(pairs.map(({ header }) => header.database));
  for (const name of databases ?? [])
    if (!names.has(name))
      throw new BackupError(
        'ERR_SET_UNKNOWN',
        `there is no database "${name}" in either set; there are: ${[...names].join(', ') || 'none'}`,
      );
}

const partsKey = (parts: readonly IndexPart[]): string =>
  parts.map(({ set, database }) => `${set}/${database}`).join(' ');

interface Pair {
  readonly header: IndexHeader;
  readonly before?: OpenedIndex;
  readonly after?: OpenedIndex;
}

/** Of each database and class, what it was and what it is; by name. */
function pairUp(before: readonly OpenedIndex[], after: readonly OpenedIndex[]): Pair[] {
  const pairs = new Map<string, Pair>();
  const nameOf = ({ header }: OpenedIndex): string => `${header.database}\0${header.class}`;
  for (const index of before) pairs.set(nameOf(index), { header: index.header, before: index });
  for (const index of after)
    pairs.set(nameOf(index), { ...pairs.get(nameOf(index)), header: index.header, after: index });
  return [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
}

/** Two ascending streams side by side: what has one key comes together. */
async function* inStep(
  before: OpenedIndex | undefined,
  after: OpenedIndex | undefined,
): AsyncGenerator<[was: PresentEntry | undefined, is: PresentEntry | undefined]> {
  const next = async (index: OpenedIndex | undefined): Promise<PresentEntry | undefined> => {
    const result: IteratorResult<SetItem> | undefined = await index?.items.next();
    return result?.done ? undefined : result?.value.entry;
  };
  let [was, is] = [await next(before), await next(after)];
  while (was || is) {
    const order = !was ? 1 : !is ? -1 : compareBytes(was.key, is.key);
    yield [order <= 0 ? was : undefined, order >= 0 ? is : undefined];
    if (order <= 0) was = await next(before);
    if (order >= 0) is = await next(after);
  }
}
