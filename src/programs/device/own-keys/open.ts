import { existsSync } from 'node:fs';
import {
  OwnerMemory as Memory,
  type OwnerMemory,
  type OwnSide,
  userRecipients,
} from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import { toBase64Url, utf8 } from '../../../lib/bytes.ts';
import { nodePlatform } from '../../../platform/node.ts';
import type { AreaGrant } from '../../../policy/message/index.ts';
import type { Destination } from '../../../set/index.ts';
import type { Session } from '../channel/index.ts';
import type { OperationContext } from '../context.ts';
import type { Home } from '../home/index.ts';

/** Loaded where there are own keys: without any, a backup needs none of it. */
const room = () => import('../owner/index.ts');

/** The user's own keys on a managed device. To be closed. */
export interface OwnKeys extends Disposable {
  /** Names of the ways in; none when this device knows of none. */
  readonly ways: readonly string[];
  /** As protected memory seals for them and opens with them. */
  readonly side: OwnSide;
  /** Names the list of ways in: what was sealed for another one is sealed anew. */
  readonly list: string | undefined;
  /** What this device trusts; undefined when it knows of no own keys. */
  readonly memory: OwnerMemory | undefined;
  /** A storage area is reached: follows what the user has changed elsewhere, and shows it what it lacks. */
  meet(context: OperationContext, session: Session, area: Destination, grant: AreaGrant): Promise<void>;
}

/** @param ways at hand: none is needed to back up */
export async function openOwnKeys(home: Home, user: string, ways: readonly WayIn[] = []): Promise<OwnKeys> {
  const identities = ways.length === 0 ? [] : await (await room()).identitiesOf(ways);
  if (!existsSync(home.ownKeys(user))) return noKeys(identities);
  const memory = openOwnMemory(home, user);
  try {
    let recipients = await userRecipients(memory.record());
    return {
      memory,
      get ways() {
        return memory.record().ways.map(({ name }) => name);
      },
      get side() {
        return { recipients, identities };
      },
      get list() {
        const all = recipients.map(({ thumbprint }) => thumbprint).sort();
        return toBase64Url(nodePlatform.sha256(utf8(all.join()))).slice(0, 22);
      },
      async meet(context, session, area, grant) {
        await follow(memory, session, area, grant.area, context.clock());
        recipients = await userRecipients(memory.record());
        await showAll(context, session, memory, grant, user);
      },
      [Symbol.dispose]: () => memory.close(),
    };
  } catch (error) {
    memory.close();
    throw error;
  }
}

/** Where the record is kept; made when there is one to keep. */
export const openOwnMemory = (home: Home, user: string): OwnerMemory =>
  new Memory({ file: home.ownKeys(user), platform: nodePlatform });

const noKeys = (identities: OwnSide['identities']): OwnKeys => ({
  ...{ memory: undefined, list: undefined, ways: [], side: { recipients: [], identities } },
  meet: async () => {},
  [Symbol.dispose]: () => {},
});

/** Stays in owner memory as long as no way in was taken out since protected memory forgot its data keys. */
const MARK = 'protected';

export const markKeyrings = (memory: OwnerMemory): void => memory.keepKeyring(MARK, new Uint8Array(1));

async function follow(
  memory: OwnerMemory,
  session: Session,
  area: Destination,
  uri: string,
  now: number,
): Promise<void> {
  memory.watch(uri);
  const since = Math.max(1, Math.min(memory.record().version, memory.shownAt(uri)));
  const { shownRecords } = await room();
  await memory.follow(await shownRecords(area, since), now, uri);
  if (memory.keyring(MARK)) return;
  session.memory.forgetKeyrings();
  markKeyrings(memory);
}

/** A bare terminal begins with what its area shows: an area that is new has to show all of it. */
async function showAll(
  context: OperationContext,
  { keys }: Session,
  memory: OwnerMemory,
  { area: uri, owner: append, read }: AreaGrant,
  user: string,
): Promise<void> {
  if (append === undefined || memory.shownAt(uri) >= memory.record().version) return;
  const { openArea, storeMissing } = await room();
  const area = openArea(context, keys, { uri, user, grants: { append, read } });
  try {
    await storeMissing(area, memory.records());
  } finally {
    await area.close();
  }
}
