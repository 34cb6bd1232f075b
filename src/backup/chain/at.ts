/**
 * The newest set that a device made at or before a time. The time of a set is what its device's clock said; what
 * orders sets is the chain: where a clock was set back, the later set counts.
 */
import { isSet } from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import { type Chain, descend, tryChain } from './chain.ts';
import type { ListedSet } from './listed.ts';
import type { VerifiedManifest } from './manifests.ts';

/**
 * @param chains of one device, the one that counts first: the others are asked only when that has no such set
 * @throws BackupError `ERR_SET_UNKNOWN`, which names the oldest set
 */
export async function setAt(
  context: EngineContext,
  chains: readonly (readonly ListedSet[])[],
  at: number,
): Promise<{ readonly chain: Chain; readonly verified: VerifiedManifest }> {
  let best: { readonly chain: Chain; readonly verified: VerifiedManifest } | undefined;
  let oldest: VerifiedManifest | undefined;
  let first = true;
  let foreign: Error | undefined;
  for (const listed of chains) {
    const tried = await tryChain(context, listed);
    if (tried.kind === 'foreign') {
      foreign ??= tried.error;
      continue;
    }
    const { chain } = tried;
    for await (const verified of downwards(context, chain)) {
      const { time } = verified.manifest;
      if (!oldest || time < oldest.manifest.time) oldest = verified;
      if (time > at) continue;
      if (!best || time > best.verified.manifest.time) best = { chain, verified };
      break;
    }
    if (best && first) break;
    first = false;
  }
  if (best) return best;
  if (!oldest) throw foreign!;
  const { set, time } = oldest.manifest;
  throw new BackupError(
    'ERR_SET_UNKNOWN',
    `${context.destination.label}: there is no set of ${iso(at)} or before; the oldest is ${set} of ${iso(time)}`,
  );
}

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

const iso = (time: number): string => new Date(time).toISOString();
