/**
 * A chain as it lies at the destination, checked against what is known of it (design: "Who may sign"; U2).
 */
import type { BaseError } from '../../lib/errors.ts';
import {
  type ChainPlace,
  type Manifest,
  manifestPrefix,
  type Pruning,
  type UsedSet,
} from '../../set/index.ts';
import type { EngineContext, Head } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { Freshness } from '../requests.ts';
import { ForeignNames } from './foreign.ts';
import { knownAt } from './known-at.ts';
import { type ListedSet, listChains } from './listed.ts';
import { readPinned, type VerifiedManifest } from './manifests.ts';

export interface Chain {
  readonly place: ChainPlace;
  /** Ascending by counter, without gaps from the newest's `base` on but for what was pruned; that is not in it. */
  readonly listed: readonly ListedSet[];
  readonly newest: VerifiedManifest;
  /** The newest manifest of kind `prune`. */
  readonly pruning?: VerifiedManifest & { readonly manifest: { readonly prune: Pruning } };
  readonly freshness: Freshness;
  /** Names among the listed ones that are of no manifest of it. */
  readonly foreign: ForeignNames;
  /** The head that is known, where the newest there is older, and that was accepted. */
  readonly behind?: Head;
}

/** @throws BackupError `ERR_NO_SETS` and what {@link checkChain} throws */
export async function openChain(context: EngineContext, place: ChainPlace): Promise<Chain> {
  const [listed] = await listChains(context, manifestPrefix(place));
  if (!listed) {
    const head = knownHead(context, place);
    if (head) throw rolledBack(place, 0, head);
    throw new BackupError('ERR_NO_SETS', `${context.destination.label}: nothing is backed up in this chain`);
  }
  return checkChain(context, listed);
}

/**
 * Checks a listed chain: one manifest per counter; none missing; the newest properly signed, not older than the known
 * head (unless `acceptOlder`), and leading to it. Names that are of no manifest are passed over, and said to be.
 */
export async function checkChain(
  context: EngineContext,
  sets: readonly ListedSet[],
  acceptOlder = false,
): Promise<Chain> {
  const tried = await tryChain(context, sets, acceptOlder);
  if (tried.kind === 'foreign') throw tried.error;
  return tried.chain;
}

/**
 * A chain; or names of which nothing counts, and no head is known either: they are of no manifest, or their device was ended
 * before it reported any. Whoever has its keys may have made them.
 */
export type TriedChain =
  | { readonly kind: 'chain'; readonly chain: Chain }
  | { readonly kind: 'foreign'; readonly error: BaseError };

/** As {@link checkChain}, for one of several chains. */
export async function tryChain(
  context: EngineContext,
  sets: readonly ListedSet[],
  acceptOlder = false,
): Promise<TriedChain> {
  const place = { device: sets[0]!.device, chain: sets[0]!.chain };
  const head = knownHead(context, place);
  const counting = countingSets(context, sets, head).sort((a, b) => a.counter - b.counter);
  if (counting.length === 0) {
    if (head) throw rolledBack(place, 0, head);
    return { kind: 'foreign', error: notReported(place) };
  }
  const foreign = new ForeignNames(context);
  const byCounter = Map.groupBy(counting, ({ counter }) => counter);
  const newest = await newestOf(byCounter, foreign, acceptOlder ? undefined : head);
  if (!newest) {
    if (head && !acceptOlder) throw rolledBack(place, 0, head);
    foreign.report();
    return { kind: 'foreign', error: foreign.error()! };
  }
  const other = otherKind(context, newest);
  if (other) return { kind: 'foreign', error: other };
  const { counter: last, kind, base } = newest.manifest;
  const unfinished = kind === 'checkpoint';
  if (unfinished && context.trust.ended(place.device)) return { kind: 'foreign', error: notReported(place) };
  const isBehind = head !== undefined && last < head.counter;
  if (isBehind && !acceptOlder) throw rolledBack(place, last, head);
  const pruning = await pruningOf(context, place, newest);
  const removed = new Map(pruning?.manifest.prune.removed.map((set) => [set.counter, set.set]));
  for (let counter = base; counter < last; counter++)
    if (!byCounter.has(counter) && !removed.has(counter))
      throw new BackupError('ERR_GAP', `chain ${place.chain}: manifest ${counter} is missing`);
  const listed: ListedSet[] = [];
  for (const [counter, names] of byCounter) {
    if (counter < base || counter > last || removed.has(counter)) continue;
    const one = counter === last ? newest : names.length > 1 && (await foreign.readOne(names));
    listed.push(one ? { ...place, counter, set: one.manifest.set } : names[0]!);
  }
  foreign.report();
  const checked = { place, listed, newest, foreign, ...(pruning && { pruning }) };

  if (isBehind) return { kind: 'chain', chain: { ...checked, freshness: { kind: 'unknown' }, behind: head } };
  // A head is that of a manifest; how far towards it a checkpoint goes only its signature says.
  if (!head || unfinished) return { kind: 'chain', chain: { ...checked, freshness: { kind: 'unknown' } } };
  await checkHead(context, checked, head);
  const freshness = { kind: 'known', counter: head.counter, knownAt: knownAt(context, head) } as const;
  return { kind: 'chain', chain: { ...checked, freshness } };
}

/**
 * A chain is a share or it is none, as all of its manifests say: what is sealed for others never passes for a backup, nor
 * a backup for what somebody meant to share (N11).
 * @throws BackupError `ERR_SHARE_ENDED`
 */
function otherKind({ shares }: EngineContext, { manifest }: VerifiedManifest): BackupError | undefined {
  const { kind, chain, counter, ended } = manifest;
  const isShare = kind === 'share';
  if (isShare && shares && ended)
    throw new BackupError(
      'ERR_SHARE_ENDED',
      `share ${chain}: its sender has ended it, with manifest ${counter}`,
    );
  if (isShare === (shares === true)) return undefined;
  const what = isShare
    ? 'it holds what is shared with others, and no backup'
    : 'it is a backup, and no share';
  return new BackupError('ERR_NO_SETS', `chain ${chain}: ${what}`);
}

/** The newest that verifies. A known head is there, or held back: nothing below it passes for the newest. */
async function newestOf(
  byCounter: ReadonlyMap<number, readonly ListedSet[]>,
  foreign: ForeignNames,
  head: Head | undefined,
): Promise<VerifiedManifest | undefined> {
  for (const [counter, names] of [...byCounter].reverse()) {
    const found = await foreign.readOne(names);
    if (found) return found;
    if (head && counter <= head.counter) throw foreign.error()!;
  }
  return undefined;
}

const notReported = (place: ChainPlace): BackupError =>
  new BackupError(
    'ERR_NO_SETS',
    `chain ${place.chain}: its device was ended before any set of it was reported`,
  );

/** Of an ended device nothing counts beyond its known head: its keys may be in other hands (B14). */
function countingSets(
  context: EngineContext,
  sets: readonly ListedSet[],
  head: Head | undefined,
): ListedSet[] {
  const ended = context.trust.ended(sets[0]!.device);
  return sets.filter((set) => !ended || set.counter <= (head?.counter ?? 0));
}

/** What pruning says of the chain: signed by its device, like everything else. */
async function pruningOf(
  context: EngineContext,
  place: ChainPlace,
  newest: VerifiedManifest,
): Promise<Chain['pruning']> {
  const { pruned } = newest.manifest;
  const verified =
    newest.manifest.kind === 'prune' ? newest : pruned && (await readPinned(context, place, pruned));
  if (!verified) return undefined;
  const { manifest, hash } = verified;
  if (!manifest.prune)
    throw new BackupError('ERR_MANIFEST', `chain ${place.chain}: nothing is said of its pruning`);
  return { hash, manifest: { ...manifest, prune: manifest.prune } };
}

/**
 * A known head is the newest manifest itself, or passed through by the links, or pruned as later ones say. Nothing that
 * stands in its own place may say so: that could be signed by whoever has the keys of a device that was ended (B14).
 */
async function checkHead(context: EngineContext, chain: Omit<Chain, 'freshness'>, head: Head): Promise<void> {
  const { manifest, hash } = chain.newest;
  if (manifest.counter === head.counter) {
    if (hash !== head.hash) throw otherHead(chain.place, head.counter);
    return;
  }
  if (head.counter < manifest.base) return;
  const removed = chain.pruning?.manifest.prune.removed.find((set) => set.counter === head.counter);
  if (!removed) await descend(context, chain, head.counter, head.hash);
  else if (removed.hash !== head.hash) throw otherHead(chain.place, head.counter);
}

const otherHead = (place: ChainPlace, counter: number): BackupError =>
  new BackupError(
    'ERR_FORKED',
    `chain ${place.chain}: manifest ${counter} is not the one that the device reported`,
  );

/**
 * Goes from the newest manifest down to `counter`, by the shortest way that manifests pin, and checks each. With `hash`
 * only by the links from each manifest to the one before it.
 * @throws BackupError `ERR_FORKED` when the chain does not pass through `hash`
 */
export async function descend(
  context: EngineContext,
  chain: Pick<Chain, 'place' | 'listed' | 'newest' | 'pruning'>,
  counter: number,
  hash?: string,
): Promise<VerifiedManifest> {
  const { place, pruning } = chain;
  // Pruning pins what it kept: from there on links may lead to manifests that are gone.
  const kept = pruning?.manifest.prune.kept.find((set) => set.counter === counter);
  const byCounter = new Map(chain.listed.map((set) => [set.counter, set.set]));
  let at = kept ? await readPinned(context, place, kept) : chain.newest;
  while (at.manifest.counter > counter) {
    const far = hash === undefined ? recapPin(at.manifest, counter, byCounter) : undefined;
    at = await readPinned(context, place, far ?? link(place, at.manifest, byCounter));
  }
  if (hash !== undefined && at.hash !== hash) throw otherHead(place, counter);
  return at;
}

type SetsByCounter = ReadonlyMap<number, string>;

/** What a manifest pins of those before it that have a recap, or that its own recap names. */
function recapPin({ recap, recapped }: Manifest, counter: number, there: SetsByCounter): UsedSet | undefined {
  const named = recap?.find((one) => one.counter === counter);
  if (named) return named;
  return recapped && counter <= recapped.counter && there.get(recapped.counter) === recapped.set
    ? recapped
    : undefined;
}

function link({ chain }: ChainPlace, { counter, prev }: Manifest, there: SetsByCounter) {
  const set = there.get(counter - 1);
  if (!set || !prev) throw new BackupError('ERR_GAP', `chain ${chain}: manifest ${counter - 1} is missing`);
  return { set, counter: counter - 1, hash: prev };
}

/**
 * The heads of chains that lie at this destination: what is known of another says nothing about this one. A backup file
 * is one chain, and which of them all it is nobody knows beforehand.
 */
export const headsHere = ({ trust, destination: { area } }: EngineContext): Head[] =>
  area === undefined ? [] : trust.heads().filter((head) => head.area === area);

/** The highest head that its own device reported of a chain: what another one says of its id counts for nothing. */
export function knownHead(context: EngineContext, { device, chain }: ChainPlace): Head | undefined {
  let known: Head | undefined;
  for (const head of context.trust.heads())
    if (head.chain === chain && head.device === device && (!known || head.counter > known.counter))
      known = head;
  return known;
}

export const rolledBack = (place: ChainPlace, counter: number, head: Head): BackupError =>
  new BackupError(
    'ERR_ROLLED_BACK',
    `chain ${place.chain}: manifest ${head.counter} was reported, but the newest there is ${counter || 'none'}: the destination lost it or holds it back`,
  );
