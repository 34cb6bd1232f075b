/** How far the chains of a device go: beyond that nothing of it counts, once it is ended. */
import type { EngineContext } from '../contract.ts';
import { tryChain } from './chain.ts';
import { type ListedSet, listChains } from './listed.ts';
import { readManifest, type VerifiedManifest } from './manifests.ts';

/**
 * The newest manifest of each of its chains at the destination, backups and shares. Where sets are named, their manifests
 * alone: whoever holds the device may have added to its chains, and made others.
 *
 * @param sets ids, each of another chain
 * @throws BackupError and others of kind `integrity` for a chain that is not as it should be, when no sets are named
 */
export async function chainEnds(
  context: EngineContext,
  device: string,
  sets: ReadonlySet<string>,
): Promise<VerifiedManifest[]> {
  const ends: VerifiedManifest[] = [];
  for (const listed of await listChains(context, `${device}/`)) {
    const named = listed.find(({ set }) => sets.has(set));
    if (named) ends.push(await readManifest(context, named, named.counter, named.set));
    if (sets.size > 0) continue;
    const end = await newest(context, listed);
    if (end) ends.push(end);
  }
  return ends;
}

/** Undefined for names that are of no manifest, and for a share that has ended. */
async function newest(
  context: EngineContext,
  listed: readonly ListedSet[],
): Promise<VerifiedManifest | undefined> {
  const backup = await tryChain(context, listed);
  if (backup.kind === 'chain') return backup.chain.newest;
  const share = await tryChain({ ...context, shares: true, report: () => {} }, listed);
  return share.kind === 'chain' ? share.chain.newest : undefined;
}
