/** A terminal with nothing but a way in and a URI: it reads what is its owner's, and is nobody's device (N10). */
import { sameArea } from '../../../api/area/index.ts';
import type { KeyHolder } from '../../../backup/index.ts';
import { CryptoError } from '../../../crypto/index.ts';
import { OwnerTrust, signForEngine } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import type { OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { makeGate } from '../gate/index.ts';
import { findOwner, identitiesOf, passingKeys } from '../owner/index.ts';
import { keptNowhere } from './kept-nowhere.ts';
import { ownRules } from './own-rules.ts';
import type { Standing } from './standing.ts';

/** @param uri of the area, with the user's place. @throws OwnerError, DestinationError, DeviceError */
export async function standBare(context: OperationContext, way: WayIn, uri: string): Promise<Standing> {
  await context.home.make(); // for the locks of a run
  const keys = await passingKeys();
  const { user, trusted, read } = await findOwner(context, keys, uri, way);
  const identities = await identitiesOf([way]);
  const only = (): never => {
    throw new DeviceError(
      'ERR_USAGE',
      'this terminal only reads; to back up, run: holdfast device init --from URI',
    );
  };
  const holder: KeyHolder = keptNowhere({
    device: keys.device,
    sign: (typ, payload) => signForEngine(keys, typ, payload),
    recipients() {
      throw new CryptoError('ERR_NO_KEY', 'this terminal seals nothing');
    },
    identities: () => identities,
    keyring: () => undefined,
    keepKeyring: only,
    forgetKeyring: () => {},
  });
  return {
    gate: makeGate(ownRules([uri]), () => false),
    seq: 0,
    user,
    trust: new OwnerTrust(trusted.record, context.clock()),
    clock: context.clock,
    now: context.clock,
    keys: () => holder,
    keysForFile: () => holder,
    access: (area) => (sameArea(area, uri) ? { area: uri, read } : undefined),
    areaMissing: 'name the area with --from URI',
    meet: async () => {},
    deletion: only,
    tell: only,
    audit: async () => {},
    [Symbol.asyncDispose]: () => way.close(),
  };
}
