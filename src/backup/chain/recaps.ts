/**
 * The sets of a chain without reading the manifest of each: a manifest says again, signed like everything else, which
 * sets there were before it, pins them by hash, and names the one in which that goes on.
 */
import {
  addedBytes,
  isSet,
  type Manifest,
  type RecappedSet,
  SETS_PER_RECAP,
  type UsedSet,
} from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import type { SetInfo } from '../requests.ts';
import { type Chain, descend } from './chain.ts';
import { readPinned, setInfo, type VerifiedManifest } from './manifests.ts';

/**
 * What a list says of the sets of a checked chain, newest first. Of those that a recap names the manifest was not read:
 * it is checked when the set is used.
 */
export async function* setsDown(context: EngineContext, chain: Chain): AsyncGenerator<SetInfo> {
  const { place, listed } = chain;
  const names = new Map(listed.map(({ counter, set }) => [counter, set]));
  const recaps = new Map<number, RecappedSet>();
  let lowest = chain.newest;
  const remember = ({ manifest }: VerifiedManifest): void => {
    for (const one of manifest.recap ?? []) recaps.set(one.counter, one);
  };
  remember(lowest);
  for (const [counter, set] of [...names].sort(([a], [b]) => b - a)) {
    context.signal.throwIfAborted();
    const { recapped } = lowest.manifest;
    if (!recaps.has(counter) && recapped && counter < recapped.counter && isListed(names, recapped)) {
      lowest = await readPinned(context, place, recapped);
      remember(lowest);
    }
    const recap = recaps.get(counter);
    if (recap?.set === set) {
      yield { ...place, ...recap };
      continue;
    }
    if (counter < lowest.manifest.counter)
      lowest = await descend(context, { ...chain, newest: lowest }, counter);
    remember(lowest);
    if (isSet(lowest.manifest)) yield setInfo(lowest);
  }
}

/** What the manifest behind another one says of the sets before it. */
export function recapsAfter(manifest: Manifest, hash: string): Pick<Manifest, 'recap' | 'recapped'> {
  const { set, counter, time, recap = [], recapped } = manifest;
  const goesOn = recapped && { recapped };
  if (!isSet(manifest)) return { recap, ...goesOn };
  const own = { set, counter, time, hash };
  const last = { ...own, bytes: addedBytes(manifest) };
  return recap.length < SETS_PER_RECAP
    ? { recap: [...recap, last], ...goesOn }
    : { recap: [last], recapped: own };
}

const isListed = (names: ReadonlyMap<number, string>, { counter, set }: UsedSet): boolean =>
  names.get(counter) === set;
