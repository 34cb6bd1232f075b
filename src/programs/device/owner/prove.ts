/** A way back is proved before it is needed (U5): what is sealed for all ways in, each of them opens alone. */
import { openEnvelope, sealEnvelope } from '../../../crypto/index.ts';
import { identityOf, recipientOf, type WayIn } from '../../../custody/wim/index.ts';
import { toBase64Url } from '../../../lib/bytes.ts';
import { nodePlatform as platform } from '../../../platform/node.ts';
import { DeviceError } from '../errors.ts';

/** @throws DeviceError `ERR_USAGE` naming the way in that does not open; WimError of a token */
export async function proveWays(ways: readonly WayIn[]): Promise<void> {
  const id = (): string => toBase64Url(platform.random(16));
  const place = { chain: id(), keyring: id(), number: 0 };
  const key = { database: id(), key: platform.random(32) };
  const envelope = await sealEnvelope(
    platform,
    { ...place, custody: 'user' },
    [key],
    ways.map((way) => recipientOf(way.public)),
  );
  for (const way of ways) {
    const opened = await openEnvelope(platform, envelope, place, new Map(), [identityOf(way)]);
    if (toBase64Url(opened.get(key.database)!) === toBase64Url(key.key)) continue;
    throw new DeviceError('ERR_USAGE', `"${way.public.name}" does not open what was sealed for it`);
  }
}
