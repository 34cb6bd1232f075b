import { isSet } from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import { type Chain, descend } from './chain.ts';
import type { VerifiedManifest } from './manifests.ts';

/** The sets of a checked chain, newest first. */
export async function* downwards(context: EngineContext, chain: Chain): AsyncGenerator<VerifiedManifest> {
  for await (const verified of manifestsDown(context, chain)) if (isSet(verified.manifest)) yield verified;
}

/**
 * The manifests of a checked chain, newest first, each checked by the link of the one above it, or by what pruning pins.
 */
export async function* manifestsDown(context: EngineContext, chain: Chain): AsyncGenerator<VerifiedManifest> {
  let { newest } = chain;
  yield newest;
  for (const { counter } of chain.listed.toSorted((a, b) => b.counter - a.counter)) {
    if (counter >= newest.manifest.counter) continue;
    context.signal.throwIfAborted();
    newest = await descend(context, { ...chain, newest }, counter);
    yield newest;
  }
}
