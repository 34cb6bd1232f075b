import { toBase64Url, utf8 } from '../../lib/bytes.ts';
import { type IndexPart, MANIFEST_TYP, type Manifest, manifestName, type UsedSet } from '../../set/index.ts';
import type { CatalogueRun, ChainState, PartKeys, RunResult, Unit } from '../catalogue.ts';
import { recapsAfter } from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import { requireReadable } from './room.ts';

/** What the catalogue keeps of a closed set besides its manifest. */
export interface Closing extends Pick<ChainState, 'chunking' | 'alerts' | 'pruned' | 'rewrapped'> {
  readonly live?: RunResult['live'];
  readonly compacted?: RunResult['compacted'];
  /** Of the index parts that the set wrote. */
  readonly keys?: readonly PartKeys[];
}

/**
 * Signs a manifest and stores it, the last of a run's writes: from here on the set exists. It is kept with its
 * consequences before it is sent, so that a run that breaks off here is closed by the next one with the same bytes.
 */
export async function storeManifest(
  context: EngineContext,
  run: CatalogueRun,
  manifest: Manifest,
  units: readonly Unit[],
  { live = [], compacted = [], keys = [], ...closing }: Closing,
): Promise<UsedSet> {
  const { device, chain, set, counter, base, time, kind } = manifest;
  const bytes = utf8(await context.keys.sign(MANIFEST_TYP, utf8(JSON.stringify(manifest))));
  requireReadable(bytes.length);
  const last: UsedSet = { set, counter, time, hash: toBase64Url(context.platform.sha256(bytes)) };
  const name = manifestName({ device, chain }, counter, set);
  context.signal.throwIfAborted();
  const own = {
    ...(kind === 'prune' && { pruned: last }),
    ...(kind === 'rewrap' && { rewrapped: last }),
  };
  const state = { chain, base, last, ...closing, ...own, recaps: recapsAfter(manifest, last.hash) };
  run.prepare(name, bytes, { state, units, live, compacted }, keys);
  await context.destination.putObject(name, 'manifest', bytes);
  run.commit();
  return last;
}

/** What every later manifest of a chain says again. */
export const toldBefore = (state: ChainState | undefined): Pick<Manifest, 'pruned' | 'rewrapped'> => ({
  ...(state?.pruned && { pruned: state.pruned }),
  ...(state?.rewrapped && { rewrapped: state.rewrapped }),
});

/** The older sets that units lie in, as a manifest pins them. */
export function usedSets(known: readonly UsedSet[], units: readonly Unit[], own: string): UsedSet[] {
  const used = new Set(units.flatMap(({ parts }) => parts.flatMap(({ uses }) => uses)));
  return known.filter(({ set }) => set !== own && used.has(set));
}

/** The indexes of units, as a manifest names them. */
export const indexesOf = (units: readonly Unit[]): IndexPart[][] =>
  units.map(({ parts }) => parts.map(({ set, database }) => ({ set, database })));
