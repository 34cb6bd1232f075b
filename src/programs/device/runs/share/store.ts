/** The sender's side of a share, at its storage area. */
import {
  type BackupReport,
  type Catalogue,
  type DatabasePlan,
  type EngineContext,
  type KeyHolder,
  runBackup,
} from '../../../../backup/index.ts';
import type { Recipient } from '../../../../crypto/index.ts';
import { userRecipients } from '../../../../custody/index.ts';
import { nodePlatform } from '../../../../platform/node.ts';
import { openOwnerRecord } from '../../../../policy/owner/index.ts';
import { openState } from '../../../../state/index.ts';
import type { OperationContext } from '../../context.ts';
import type { Standing } from '../../standing/index.ts';
import { openEngine } from '../open.ts';
import { type Given, type Person, recordOf } from './book.ts';

export interface OpenedShare extends AsyncDisposable {
  readonly engine: EngineContext;
  readonly catalogue: Catalogue;
  readonly destination: string;
  readonly area: NonNullable<Awaited<ReturnType<typeof openEngine>>['area']>;
}

/** Sealed for the sender's ways in and for those of the person; other keys than any backup's. To be closed. */
export async function openGiven(
  context: OperationContext,
  standing: Standing,
  { chain, area: uri }: Pick<Given, 'chain' | 'area'>,
  person: Person,
  deletion?: () => string | undefined,
): Promise<OpenedShare> {
  const { engine, destination, area, close } = await openEngine(context, standing, uri, deletion);
  if (!area) throw new Error(`${destination} is not a storage area`);
  const invited = await userRecipients(openOwnerRecord(nodePlatform, recordOf(person)).record);
  const state = openState(context.home.catalogue);
  return {
    engine: { ...engine, shares: true, keys: withInvited(engine.keys, invited) },
    catalogue: state.catalogue(`share ${chain} at ${destination}`),
    destination,
    area,
    async [Symbol.asyncDispose]() {
      state.close();
      await close();
    },
  };
}

const withInvited = (own: KeyHolder, invited: readonly Recipient[]): KeyHolder => ({
  device: own.device,
  sign: (typ, payload) => own.sign(typ, payload),
  recipients: (use) => [...own.recipients(use), ...invited],
  identities: () => own.identities(),
  keyring: (chain) => own.keyring(chain),
  keepKeyring: (chain, state) => own.keepKeyring(chain, state),
  forgetKeyring: (chain) => own.forgetKeyring(chain),
});

/** Stores what has changed since the last time; what is not there any more is in no later set. */
export const storeShare = (
  { engine, catalogue }: OpenedShare,
  { chain }: Given,
  plans: readonly DatabasePlan[],
): Promise<BackupReport> => runBackup(engine, { catalogue, chain, plans, allowEmpty: true, policy: 0 });
