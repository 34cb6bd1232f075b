import type { TrustList } from '../../../policy/message/index.ts';
import { ServerError } from '../errors.ts';
import { type Db, devicesOf, dropHeads, headOf, headsOf, putHead, type Tx } from '../store/index.ts';

/**
 * Whose manifests count for a user, and how far the chains had come: the trust section. Ended devices stay in
 * it, marked: what they wrote before remains readable. Pending ones are not in it yet.
 */
export async function trustOf(db: Db, userId: string): Promise<Omit<TrustList, 'knownAt'>> {
  const devices = await devicesOf(db, userId);
  const heads = await headsOf(db, userId);
  return {
    devices: devices.flatMap(({ id, user_id: user, certificate, state }) =>
      state === 'pending' ? [] : [{ id, user, certificate, state }],
    ),
    heads: heads.map(({ chain, device_id: device, counter, hash, time, area }) => ({
      ...{ chain, device, counter, hash, time },
      ...(area === null ? {} : { area }),
    })),
  };
}

export interface ReportedHead {
  readonly chain: string;
  readonly counter: number;
  readonly hash: string;
  readonly time: number;
  readonly area?: string;
}

/** New chains begin when a device was restored from an older state: seldom. */
const MAX_CHAINS = 500;

/** Each backup file is a chain of its own: so many of a device are remembered, the newest. */
const MAX_FILES = 100;

/**
 * Keeps a reported head. A head never goes backwards, and says one thing for each counter (U2).
 *
 * @returns `old` when a later one is known: nothing of this one counts
 * @throws ServerError `ERR_HEAD_CONFLICT`, `ERR_REPORT_REFUSED`
 */
export async function keepHead(
  tx: Tx,
  device: { readonly id: string; readonly user_id: string },
  head: ReportedHead,
  now: number,
): Promise<'new' | 'repeated' | 'old'> {
  const known = await headOf(tx, device.id, head.chain);
  if (known !== undefined) {
    if (head.counter === known.counter && head.hash === known.hash) return 'repeated';
    // Reports may overtake each other.
    if (head.counter < known.counter) return 'old';
    if (head.counter === known.counter) {
      throw new ServerError(
        'ERR_HEAD_CONFLICT',
        `two different manifests with counter ${head.counter} were reported for chain ${head.chain}`,
      );
    }
  } else {
    const own = (await headsOf(tx, device.user_id)).filter((row) => row.device_id === device.id);
    const files = own.filter(({ area }) => area === null).sort((a, b) => b.time - a.time);
    if (head.area === undefined) await dropHeads(tx, files.slice(MAX_FILES - 1));
    else if (own.length - files.length >= MAX_CHAINS) {
      throw new ServerError('ERR_REPORT_REFUSED', `the device reported ${MAX_CHAINS} chains already`);
    }
  }
  const { chain, counter, hash, time, area = null } = head;
  await putHead(tx, {
    ...{ chain, counter, hash, time, area, received: now },
    user_id: device.user_id,
    device_id: device.id,
  });
  return 'new';
}
