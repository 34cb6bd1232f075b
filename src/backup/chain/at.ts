/**
 * The newest set that a device made at or before a time. The time of a set is what its device's clock said; what
 * orders sets is the chain: where a clock was set back, the later set counts.
 */
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { SetInfo } from '../requests.ts';
import { type Chain, descend, tryChain } from './chain.ts';
import type { ListedSet } from './listed.ts';
import type { VerifiedManifest } from './manifests.ts';
import { setsDown } from './recaps.ts';

/**
 * @param chains of one device, the one that counts first: the others are asked only when that has no such set
 * @throws BackupError `ERR_SET_UNKNOWN`, which names the oldest set
 */
export async function setAt(
  context: EngineContext,
  chains: readonly (readonly ListedSet[])[],
  at: number,
): Promise<{ readonly chain: Chain; readonly verified: VerifiedManifest }> {
  let best: { readonly chain: Chain; readonly info: SetInfo } | undefined;
  let oldest: SetInfo | undefined;
  let first = true;
  let foreign: Error | undefined;
  for (const listed of chains) {
    const tried = await tryChain(context, listed);
    if (tried.kind === 'foreign') {
      foreign ??= tried.error;
      continue;
    }
    const { chain } = tried;
    for await (const info of setsDown(context, chain)) {
      const { time } = info;
      if (!oldest || time < oldest.time) oldest = info;
      if (time > at) continue;
      if (!best || time > best.info.time) best = { chain, info };
      break;
    }
    if (best && first) break;
    first = false;
  }
  if (best) return { chain: best.chain, verified: await descend(context, best.chain, best.info.counter) };
  if (!oldest) throw foreign!;
  const { set, time } = oldest;
  throw new BackupError(
    'ERR_SET_UNKNOWN',
    `${context.destination.label}: there is no set of ${iso(at)} or before; the oldest is ${set} of ${iso(time)}`,
  );
}

const iso = (time: number): string => new Date(time).toISOString();
