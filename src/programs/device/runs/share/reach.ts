/** The other side of a share: the sender's place in a storage area, as far as the invitation leads. */
import { parseAreaUri } from '../../../../api/area/index.ts';
import type { EngineContext, Head, KeyHolder } from '../../../../backup/index.ts';
import { CryptoError } from '../../../../crypto/index.ts';
import { OwnerTrust, signForEngine } from '../../../../custody/index.ts';
import type { WayIn } from '../../../../custody/wim/index.ts';
import { type AreaDestination, areaDestination } from '../../../../destinations/area/index.ts';
import { toBase64Url } from '../../../../lib/bytes.ts';
import { nodePlatform } from '../../../../platform/node.ts';
import {
  followOwnerRecords,
  OwnerError,
  openOwnerRecord,
  type TrustedOwnerRecord,
} from '../../../../policy/owner/index.ts';
import type { OperationContext } from '../../context.ts';
import { DeviceError } from '../../errors.ts';
import { identitiesOf, shownRecords } from '../../owner/index.ts';
import { type Person, recordOf, type Taken } from './book.ts';
import type { Sharer } from './people.ts';

export interface ReachedShare extends AsyncDisposable {
  readonly engine: EngineContext;
  /** With the sender's record as it is by now. */
  readonly person: Person;
  readonly taken: Taken;
}

/** To be closed. @throws OwnerError, DestinationError; DeviceError `ERR_NO_GRANT`, `ERR_NOT_YOURS` */
export async function reach(
  context: OperationContext,
  session: Sharer,
  {
    person,
    taken,
    ways,
  }: { readonly person: Person; readonly taken: Taken; readonly ways: readonly WayIn[] },
): Promise<ReachedShare> {
  const { clock, signal } = context;
  const { keys } = session;
  if (taken.expires !== undefined && taken.expires <= clock())
    throw new DeviceError(
      'ERR_NO_GRANT',
      `access to this share ended on ${new Date(taken.expires).toISOString()}; ask "${person.name}" for a new invitation`,
    );
  const access = await accessTo(context, session, taken);
  const reading = (read: string): AreaDestination =>
    areaDestination({
      ...{ uri: taken.area, prefix: `${taken.user}/`, clock, signal },
      grants: () => ({ read }),
      sign: (typ, payload) => signForEngine(keys, typ, payload),
    });
  const records = reading(access.owner);
  const { trusted, shown } = await senderNow(records, person, taken).finally(() => records.close());
  if (!trusted.record.devices.some(({ id }) => id === taken.device))
    throw new DeviceError(
      'ERR_NOT_YOURS',
      `the device that this share is from is none of "${person.name}" any more`,
    );
  const destination = reading(access.read);
  const trust = new OwnerTrust(trusted.record, clock());
  const seen = headsOf(taken);
  const identities = await identitiesOf(ways);
  return {
    engine: {
      ...{ platform: nodePlatform, clock, destination, signal, shares: true },
      keys: readingOnly(keys.device, () => identities),
      trust: {
        signer: (device) => trust.signer(device),
        ended: (device) => trust.ended(device),
        heads: () => [...trust.heads(), ...seen],
        knownAt: trust.knownAt,
      },
      report: (event) => void context.emit(event),
    },
    person: { ...person, record: toBase64Url(trusted.bytes) },
    taken: { ...taken, shown },
    [Symbol.asyncDispose]: () => destination.close(),
  };
}

/** By the invitation; a colleague's share by the server, which says each time whether it still may be read. */
async function accessTo(
  { signal }: OperationContext,
  { company }: Sharer,
  { device, chain, read, owner }: Taken,
): Promise<{ readonly read: string; readonly owner: string }> {
  if (read !== undefined && owner !== undefined) return { read, owner };
  if (company) return company.link.accessShare({ device, chain }, signal);
  throw new DeviceError('ERR_NO_GRANT', 'access to this share comes from a server that has left this device');
}

/** The sender's record, from the one that is known on. What the area has shown it has to show again (U2). */
async function senderNow(
  area: AreaDestination,
  person: Person,
  taken: Taken,
): Promise<{ trusted: TrustedOwnerRecord; shown: number }> {
  const bytes = recordOf(person);
  const known = openOwnerRecord(nodePlatform, bytes);
  const { version } = known.record;
  const records = await shownRecords(area, Math.max(1, Math.min(version, taken.shown)));
  const newest = Math.max(0, ...records.keys());
  if (newest < taken.shown)
    throw new OwnerError(
      'ERR_OWNER_ROLLBACK',
      `${area.label} has shown owner record ${taken.shown} of "${person.name}", and does not any more: what it shows is older, or not all.`,
    );
  // One that another area has shown: this one is behind.
  if (newest < version) return { trusted: { ...known, bytes }, shown: taken.shown };
  const trusted = await followOwnerRecords(nodePlatform, records, { kind: 'record', bytes });
  return { trusted, shown: newest };
}

/** What was seen last of the share: nothing older passes for the newest from then on (U2). */
function headsOf({ chain, device, area, last }: Taken): readonly Head[] {
  if (!last) return [];
  return [{ chain, device, ...last, area: parseAreaUri(area).area }];
}

function readingOnly(device: string, identities: KeyHolder['identities']): KeyHolder {
  const never = (): never => {
    throw new CryptoError('ERR_NO_KEY', 'what others share is only read');
  };
  return {
    ...{ device, identities, sign: async () => never(), recipients: never },
    ...{ keyring: () => undefined, keepKeyring: never, forgetKeyring: never },
  };
}
