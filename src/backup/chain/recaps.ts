/**
 * The sets of a chain without reading the manifest of each: every 32nd set says again, signed like everything else,
 * which ones there were since the last that did, and pins them by hash.
 */
import { addedBytes, isSet, type RecappedSet, type UsedSet } from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import type { SetInfo } from '../requests.ts';
import { type Chain, descend } from './chain.ts';
import { manifestsDown } from './down.ts';
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

/** What the next recap of a chain will say, and the last one: for a device that lost its state. */
export async function recentSets(
  context: EngineContext,
  chain: Chain,
): Promise<{ readonly recent: RecappedSet[]; readonly recapped?: UsedSet }> {
  const recent: RecappedSet[] = [];
  for await (const { manifest, hash } of manifestsDown(context, chain)) {
    const { set, counter, time, recap } = manifest;
    if (isSet(manifest)) recent.unshift({ set, counter, time, hash, bytes: addedBytes(manifest) });
    if (recap) return { recent, recapped: { set, counter, time, hash } };
  }
  return { recent };
}

const isListed = (names: ReadonlyMap<number, string>, { counter, set }: UsedSet): boolean =>
  names.get(counter) === set;
