/** What a destination lists: names, of which nothing is verified yet. */
import { type ChainPlace, parseManifestName } from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';

/** A manifest's name in a listing. */
export interface ListedSet extends ChainPlace {
  readonly counter: number;
  readonly set: string;
}

/** All manifests that the destination lists below `prefix`, by chain. Names that are none of ours are ignored. */
export async function listChains(context: EngineContext, prefix: string): Promise<ListedSet[][]> {
  const chains = new Map<string, ListedSet[]>();
  for await (const object of context.destination.list(prefix)) {
    const set = parseManifestName(object.name);
    if (!set) continue;
    const key = `${set.device}/${set.chain}`;
    const chain = chains.get(key);
    if (chain) chain.push(set);
    else chains.set(key, [set]);
  }
  return [...chains.values()];
}
