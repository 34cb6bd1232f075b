/** Operations `init` and `phrase`: this terminal becomes a device of a person (U4, U5). */
import { createIdentity, OwnerMemory, removeIdentity, spendMessageKey } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import { newId } from '../../../policy/message/index.ts';
import { edPublic, openOwnerRecord } from '../../../policy/owner/index.ts';
import { openMemory } from '../channel/index.ts';
import type { Handler, OperationContext, Parsed } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { Lock } from '../home/index.ts';
import { openArea } from './area.ts';
import { findOwner } from './found.ts';
import { recordGrant, standingGrant } from './grants.ts';
import { storeRecord } from './records.ts';
import { describeOwner } from './show.ts';
import { firstRecord, withDevice } from './sign.ts';
import { withWays } from './way.ts';

export const init: Handler<'init'> = async (context, params) => {
  const { home, signal } = context;
  await home.make();
  await using _ = await Lock.take(home, 'policy', { task: 'gets an owner', wait: 20_000, signal });
  await refuseSecond(context);
  return await withWays(params.ways, async (ways) => {
    if (params.from === undefined) requireWayBack(ways, params.alone === true);
    await (await import('./prove.ts')).proveWays(ways);
    return params.from === undefined
      ? begin(context, params, ways)
      : join(context, params, params.from, ways[0]!);
  });
};

/** 24 words of 256 random bits (BIP-39). */
export const phrase: Handler<'phrase'> = async () => {
  const { phraseOf } = await import('../../../custody/wim/index.ts');
  return { words: phraseOf(nodePlatform.random(32)) };
};

async function refuseSecond({ home, clock }: OperationContext): Promise<void> {
  const memory = await openMemory(home, clock);
  const state = memory?.state().kind;
  memory?.close();
  if (state === 'enrolled' || state === 'pending')
    throw new DeviceError(
      'ERR_USAGE',
      'this device belongs to an enterprise server; that has to end it first',
    );
  if (await home.hasOwner())
    throw new DeviceError('ERR_USAGE', 'this device has an owner already; see: holdfast device owner');
}

/** U5: a way back first, or a refusal that is kept. */
export function requireWayBack(ways: readonly WayIn[], alone: boolean): void {
  if (ways.length > 1 || alone) return;
  throw new DeviceError(
    'ERR_USAGE',
    'a way back is missing: with one way in, everything is lost when that is; add a recovery phrase or a second one, or refuse it with --alone',
  );
}

/** A new owner. */
async function begin(context: OperationContext, { name, alone }: Parsed<'init'>, ways: readonly WayIn[]) {
  const keys = await newIdentity(context);
  const device = { id: keys.device, name, jwk: edPublic(keys.signingKey) };
  const bytes = await firstRecord(newId(nodePlatform), device, ways, alone === true, context.clock());
  const memory = remember(context, new Map([[1, bytes]]));
  try {
    return await describeOwner(memory.record(), keys.device);
  } finally {
    memory.close();
  }
}

/** One more device of an owner who is there already. */
async function join(context: OperationContext, { name }: Parsed<'init'>, uri: string, way: WayIn) {
  const keys = await newIdentity(context);
  const jwk = edPublic(keys.signingKey);
  const { user, trusted, records } = await findOwner(context, keys, uri, way);
  const now = context.clock();
  const bytes = (await withDevice(trusted, { id: keys.device, name, jwk }, way, now))!; // its id is new
  const { version } = openOwnerRecord(nodePlatform, bytes).record;
  const grantee = { user, device: keys.device, jwk };
  const append = await recordGrant(way, grantee, uri, now);
  const area = openArea(context, keys, { uri, user, grants: { append } });
  try {
    // The area decides who is first when two are added at once: the other one begins again.
    await storeRecord(area, version, bytes);
  } finally {
    await area.close();
  }
  const memory = remember(context, new Map([...records, [version, bytes]]));
  try {
    memory.keepGrant(await standingGrant(way, grantee, uri, now));
    return await describeOwner(memory.record(), keys.device);
  } finally {
    memory.close();
  }
}

/** Keys of before belong to nobody any more: nothing of an owner was kept. */
async function newIdentity({ home }: OperationContext) {
  await removeIdentity(home.identity);
  const keys = await createIdentity(home.identity, nodePlatform);
  await spendMessageKey(home.identity);
  return keys;
}

function remember({ home, clock }: OperationContext, records: ReadonlyMap<number, Uint8Array>): OwnerMemory {
  const memory = new OwnerMemory({ file: home.owner, platform: nodePlatform });
  try {
    memory.begin(records, clock());
    return memory;
  } catch (error) {
    memory.close();
    throw error;
  }
}
