import type { BaseError } from '../../lib/errors.ts';
import { chooseSet, OpenedSet, setInfo } from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import type { Damage, VerifyReport, VerifyRequest } from '../requests.ts';
import { isDamage, type Note, verifyItems } from './items.ts';
import { Sample } from './sample.ts';
import { verifyStructure } from './structure.ts';

/**
 * Verifies a set without restoring it. Structure: the chain, and every segment and envelope of the set and of those that
 * it uses, against the manifests; needs no key, and is always complete. Content: every item, or a share of them, is
 * opened and compared with its fingerprint. Damage is listed, not thrown, with the items that it costs; what makes the
 * set unreadable as a whole is thrown.
 */
export async function verify(context: EngineContext, request: VerifyRequest): Promise<VerifyReport> {
  const { chain, verified } = await chooseSet(context, request);
  const set = new OpenedSet(context, verified);
  const damage: Damage[] = [];
  const note: Note = (what, error) => {
    if (!isDamage(error)) throw error;
    const { code, message: reason } = error as BaseError;
    damage.push({ ...what, code, reason });
  };
  const segments = await verifyStructure(context, chain, set, note);
  const sample = request.sample && new Sample(context.platform, request.sample);
  const counts = request.structureOnly
    ? { items: 0, bytes: 0, listed: 0 }
    : await verifyItems(context, set, sample, note);
  return {
    set: setInfo(verified),
    freshness: chain.freshness,
    segments,
    ...counts,
    ...(sample && { sample: { share: sample.share, seed: sample.seed } }),
    damage,
  };
}
