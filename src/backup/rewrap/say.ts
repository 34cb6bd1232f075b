import { toBase64Url } from '../../lib/bytes.ts';
import type { Manifest, RewrappedEnvelope } from '../../set/index.ts';
import type { Catalogue } from '../catalogue.ts';
import { setInfo } from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import type { SetInfo } from '../requests.ts';
import { indexesOf, type OpenedChain, storeManifest, toldBefore, usedSets } from '../run/index.ts';

/** Stores a manifest of kind `rewrap` in this device's chain: from here on the new envelopes count. */
export async function sayRewrapped(
  context: EngineContext,
  catalogue: Catalogue,
  { place, continues }: OpenedChain,
  rewrap: readonly RewrappedEnvelope[],
): Promise<SetInfo> {
  const newId = (): string => toBase64Url(context.platform.random(16));
  const state = catalogue.chain();
  const run = catalogue.begin({ chain: place.chain, keyring: 'rewrap', newSet: newId });
  const units = catalogue.units();
  const alerts = state?.alerts ?? [];
  const manifest: Manifest = {
    v: 1,
    kind: 'rewrap',
    ...place,
    set: run.set,
    counter: (state?.last.counter ?? 0) + 1,
    ...(state && { prev: state.last.hash }),
    base: state?.base ?? 1,
    time: context.clock(),
    // Nothing is sealed under it: what it lists has the keyrings of the sets.
    keyring: { id: newId(), envelopes: [] },
    databases: [],
    indexes: indexesOf(units),
    uses: usedSets(catalogue.sets(), units, run.set),
    rewrap,
    ...toldBefore(state),
    ...state?.recaps,
    ...(alerts.length > 0 && { alerts }),
    ...(!state && continues && { continues }),
  };
  const { hash } = await storeManifest(context, run, manifest, units, {
    chunking: state?.chunking ?? toBase64Url(context.platform.random(32)),
    alerts,
    ...toldBefore(state),
  });
  return setInfo({ manifest, hash });
}
