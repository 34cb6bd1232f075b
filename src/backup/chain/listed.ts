/** What a destination lists: names, of which nothing is verified yet. */
import { type ChainPlace, parseManifestName, pastSegments } from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';

/** A manifest's name in a listing. */
export interface ListedSet extends ChainPlace {
  readonly counter: number;
  readonly set: string;
}

/** Ten years of a set every half an hour: what a destination lists beyond that is no history of a user's devices. */
const MOST = 250_000;

/** Names between two looks at whether the run was stopped. */
const OFTEN = 1000;

/**
 * All manifests that the destination lists below `prefix`, by chain. Names that are none of ours are ignored.
 * @throws BackupError `ERR_LISTING` when there is no end of them
 */
export async function listChains(context: EngineContext, prefix: string): Promise<ListedSet[][]> {
  const { destination, signal } = context;
  const chains = new Map<string, ListedSet[]>();
  let names = 0;
  let manifests = 0;
  for await (const object of destination.list(prefix, pastSegments)) {
    if (++names % OFTEN === 0) signal.throwIfAborted();
    const set = parseManifestName(object.name);
    if (!set) continue;
    if (++manifests > MOST)
      throw new BackupError(
        'ERR_LISTING',
        `${destination.label}: lists more than ${MOST} manifests, which no user's devices have made; ask its operator, or prune`,
      );
    const key = `${set.device}/${set.chain}`;
    const chain = chains.get(key);
    // Of the place one copy is kept, not one for each set.
    if (chain) chain.push({ ...set, device: chain[0]!.device, chain: chain[0]!.chain });
    else chains.set(key, [set]);
  }
  return [...chains.values()];
}
