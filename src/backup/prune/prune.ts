/**
 * Pruning (U3): says in a signed manifest which sets stay, then deletes what none of them needs. No item is read, no key
 * but the signing one is used, nothing is uploaded again.
 */
import { toBase64Url } from '../../lib/bytes.ts';
import {
  addedBytes,
  type ChainPlace,
  isSet,
  type Manifest,
  manifestName,
  type ObjectInfo,
  type Pruning,
  type UsedSet,
} from '../../set/index.ts';
import type { Catalogue } from '../catalogue.ts';
import {
  type Chain,
  manifestsDown,
  newestRewrap,
  openChain,
  readPinned,
  setInfo,
  storedAt,
  type VerifiedManifest,
} from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { SetInfo } from '../requests.ts';
import { indexesOf, openChainForRun, storeManifest, usedSets } from '../run/index.ts';
import { type KeepRules, setsToKeep } from './keep.ts';
import { type Needed, neededObjects } from './needed.ts';

export interface PruneRequest {
  readonly catalogue: Catalogue;
  readonly keep: KeepRules;
  /** Only say what would be deleted. */
  readonly dryRun?: boolean;
}

export interface PruneReport {
  readonly kept: readonly SetInfo[];
  readonly removed: readonly SetInfo[];
  /** Objects deleted, or to be deleted, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
  /** Nothing can be deleted at this destination: everything stays. */
  readonly appendOnly: boolean;
  /** The manifest that says so: the new head of the chain. Absent when nothing was pruned. */
  readonly head?: SetInfo;
}

/** Names that are deleted by one pruning; what is more is left to the next. */
const MOST_AT_ONCE = 250_000;

/** Names that are deleted with one call. */
const BATCH = 500;

/**
 * Prunes this device's chain. Broken off, the next pruning deletes what is left.
 * @throws BackupError `ERR_NO_SETS`, `ERR_UNCONFIRMED`, and what checking a chain throws
 */
export async function prune(context: EngineContext, request: PruneRequest): Promise<PruneReport> {
  const { catalogue } = request;
  const { place, state } = await openChainForRun(context, catalogue);
  if (!state)
    throw new BackupError('ERR_NO_SETS', `${context.destination.label}: nothing is backed up there yet`);
  if (state.alerts.length > 0)
    throw new BackupError(
      'ERR_UNCONFIRMED',
      `set ${state.alerts.join(', ')} waits to be confirmed, since much of a database was gone or changed at once; look at it, then run: holdfast sets confirm ID`,
    );
  const chain = await openChain(context, place);
  const all = (await Array.fromAsync(manifestsDown(context, chain))).reverse();
  const sets = all.filter(({ manifest }) => isSet(manifest));
  const rewraps = all.filter(({ manifest }) => manifest.kind === 'rewrap');
  const keep = setsToKeep(sets.map(asUsed), request.keep);
  const kept = sets.filter(({ manifest }) => keep.has(manifest.set));
  const removed = sets.filter(({ manifest }) => !keep.has(manifest.set));

  const manifests = await withUsed(context, place, sets);
  const needed = neededObjects(
    place,
    manifests,
    kept.map(({ manifest }) => manifest.set),
    catalogue.liveness(),
  );
  const rewrap = await newestRewrap(context, chain);
  const objects = await unneeded(context, place, new Set([...needed.objects, ...wrapped(rewrap)]));
  const report = {
    kept: kept.map(setInfo),
    removed: removed.map(setInfo),
    objects: objects.length,
    bytes: objects.reduce((sum, { size }) => sum + size, 0),
    appendOnly: context.destination.appendOnly === true,
  };
  // The manifest of the last pruning alone is not worth another one.
  const nothing = removed.length === 0 && objects.every(({ name }) => isLastPruning(name, chain));
  if (nothing) return { ...report, objects: 0, bytes: 0 };
  if (request.dryRun || report.appendOnly) return report;

  const head = await sayPruned(context, catalogue, chain, {
    ...{ kept, removed, manifests, needed, rewraps },
    ...(rewrap && { rewrapped: asUsed(rewrap) }),
  });
  for (let i = 0; i < objects.length; i += BATCH) {
    context.signal.throwIfAborted();
    await context.destination.remove(objects.slice(i, i + BATCH).map(({ name }) => name));
  }
  return { ...report, head };
}

/** The manifests of sets, and of all that they build on. */
async function withUsed(
  context: EngineContext,
  place: ChainPlace,
  sets: readonly VerifiedManifest[],
): Promise<Map<string, VerifiedManifest>> {
  const manifests = new Map(sets.map((verified) => [verified.manifest.set, verified]));
  for (const { manifest } of sets)
    for (const used of manifest.uses)
      if (!manifests.has(used.set)) manifests.set(used.set, await readPinned(context, place, used));
  return manifests;
}

/** Everything of the chain that no kept set needs: also what runs that broke off have left behind. */
async function unneeded(
  context: EngineContext,
  place: ChainPlace,
  needed: ReadonlySet<string>,
): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const object of context.destination.list(`${place.device}/${place.chain}/`))
    if (!needed.has(object.name) && objects.push(object) === MOST_AT_ONCE) break;
  return objects;
}

/** What was wrapped anew lies in this chain, of whatever chains it is. */
function wrapped(rewrap: VerifiedManifest | undefined): string[] {
  if (!rewrap) return [];
  const { manifest } = rewrap;
  const envelopes = manifest.rewrap!.map((one) => storedAt(manifest, one).name);
  return [manifestName(manifest, manifest.counter, manifest.set), ...envelopes];
}

const isLastPruning = (name: string, { newest: { manifest }, place }: Chain): boolean =>
  manifest.kind === 'prune' && name === manifestName(place, manifest.counter, manifest.set);

interface Outcome {
  readonly kept: readonly VerifiedManifest[];
  readonly removed: readonly VerifiedManifest[];
  readonly manifests: ReadonlyMap<string, VerifiedManifest>;
  readonly needed: Needed;
  /** What was wrapped anew: of those manifests the newest stays. */
  readonly rewraps: readonly VerifiedManifest[];
  readonly rewrapped?: UsedSet;
}

/** Stores the manifest of kind `prune`: only then may anything be deleted. */
async function sayPruned(
  context: EngineContext,
  catalogue: Catalogue,
  chain: Chain,
  outcome: Outcome,
): Promise<SetInfo> {
  const { newest, place } = chain;
  const before = newest.manifest;
  const state = catalogue.chain()!;
  const run = catalogue.begin({
    chain: place.chain,
    keyring: 'prune',
    newSet: () => toBase64Url(context.platform.random(16)),
  });
  const counter = before.counter + 1;
  const base = Math.min(
    before.counter,
    ...[...outcome.needed.manifests].map((set) => outcome.manifests.get(set)!.manifest.counter),
  );
  const units = catalogue.units();
  const manifest: Manifest = {
    v: 1,
    kind: 'prune',
    ...place,
    set: run.set,
    counter,
    prev: newest.hash,
    base,
    time: context.clock(),
    keyring: before.keyring,
    databases: [],
    indexes: indexesOf(units),
    uses: usedSets(catalogue.sets(), units, run.set),
    prune: pruning(chain, outcome, base),
    ...(outcome.rewrapped && { rewrapped: outcome.rewrapped }),
    recap: outcome.kept.map((verified) => ({
      ...asUsed(verified),
      bytes: addedBytes(verified.manifest),
    })),
  };
  const { hash } = await storeManifest(context, run, manifest, units, {
    chunking: state.chunking,
    alerts: [],
    ...(outcome.rewrapped && { rewrapped: outcome.rewrapped }),
  });
  return setInfo({ manifest, hash });
}

function pruning({ pruning: earlier }: Chain, outcome: Outcome, base: number): Pruning {
  const removed = [
    ...(earlier?.manifest.prune.removed ?? []),
    ...outcome.removed.map(asUsed),
    // What is no set is not shown, and may go.
    ...outcome.rewraps.map(asUsed),
    ...(earlier ? [asUsed(earlier)] : []),
  ];
  const gone = [...outcome.needed.manifests].map((set) => {
    const { manifest } = outcome.manifests.get(set)!;
    const segments = manifest.databases.flatMap((database) => database.segments.map(({ id }) => id));
    const deleted = segments.filter((id) => !hasSegment(outcome.needed, manifest, id));
    return { set, segments: deleted };
  });
  return {
    kept: outcome.kept.map(asUsed),
    removed: removed.filter(({ counter }) => counter >= base).sort((a, b) => a.counter - b.counter),
    gone: gone.filter(({ segments }) => segments.length > 0),
  };
}

const hasSegment = ({ objects }: Needed, { device, chain, set }: Manifest, id: string): boolean =>
  objects.has(`${device}/${chain}/s/${set}/${id}`);

const asUsed = ({ manifest: { set, counter, time }, hash }: VerifiedManifest): UsedSet => ({
  set,
  counter,
  time,
  hash,
});
