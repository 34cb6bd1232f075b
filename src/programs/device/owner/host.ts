/** Where an owner record changes: who keeps it here, and how the areas are reached that have it. */
import type { OwnerMemory, SigningIdentity } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import type { Grants } from '../../../destinations/area/index.ts';
import { edPublic, sameWay } from '../../../policy/owner/index.ts';
import type { OperationContext } from '../context.ts';
import { readGrant, recordGrant, standingGrant } from './grants.ts';
import { openOwner } from './open.ts';
import { publicWay } from './way.ts';

/** Whose list of ways in it is, and how its areas are reached. To be closed. */
export interface RecordHost extends Disposable {
  readonly memory: OwnerMemory;
  readonly keys: SigningIdentity;
  /** Every area that has the records, by URI, with grants to read and to store them. */
  areas(way: WayIn, now: number): Promise<ReadonlyMap<string, Grants>>;
  /** This device's own access goes on by the word of a way in that stays. @returns false: it is not at hand */
  renew(way: WayIn, now: number): Promise<boolean>;
}

/** A device without a server: ways in give access to its areas. */
export async function openPersonal({ home, clock }: OperationContext): Promise<RecordHost> {
  const { memory, keys, ...session } = await openOwner(home, clock);
  const { user } = memory.record();
  const grantee = { user, device: keys.device, jwk: edPublic(keys.signingKey) };
  return {
    ...{ memory, keys, ...session },
    async areas(way, now) {
      const areas = new Map<string, Grants>();
      for (const { area: uri } of memory.grants()) {
        const append = await recordGrant(way, grantee, uri, now);
        areas.set(uri, { append, read: await readGrant(way, grantee, uri, now) });
      }
      return areas;
    },
    // What a way in that is gone has granted ends when areas no longer trust it: one that stays grants it anew.
    async renew(way, now) {
      if (!memory.record().ways.some((one) => sameWay(one, publicWay(way)))) return false;
      for (const { area } of memory.grants()) memory.keepGrant(await standingGrant(way, grantee, area, now));
      return true;
    },
  };
}
