import { toBase64Url } from '../../lib/bytes.ts';
import type { Manifest, UsedSet } from '../../set/index.ts';
import type { Catalogue } from '../catalogue.ts';
import type { EngineContext } from '../contract.ts';
import { openChainForRun, storeManifest } from '../run/index.ts';

/**
 * Says in its chain that a share has ended. `base` is its own counter: what is missing below it was deleted.
 * @returns the manifest that says so, and stays; undefined when nothing of it was ever stored
 * @throws BackupError of the chain, DestinationError
 */
export async function endShare(
  context: EngineContext,
  catalogue: Catalogue,
  chain: string,
): Promise<UsedSet | undefined> {
  const { place, state } = await openChainForRun(context, catalogue, chain);
  context.keys.forgetKeyring(chain);
  if (!state) return undefined;
  const newId = (): string => toBase64Url(context.platform.random(16));
  const run = catalogue.begin({ chain, keyring: 'end', newSet: newId });
  const counter = state.last.counter + 1;
  const manifest: Manifest = {
    v: 1,
    kind: 'share',
    ...place,
    set: run.set,
    counter,
    prev: state.last.hash,
    base: counter,
    time: context.clock(),
    keyring: { id: newId(), envelopes: [] },
    databases: [],
    indexes: [],
    uses: [],
    ended: true,
  };
  return storeManifest(context, run, manifest, [], { chunking: state.chunking, alerts: [] });
}
