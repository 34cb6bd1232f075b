/** The list of ways in changes: the next owner record, in every area that this device uses (U5). */
import type { OwnerMemory } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import {
  keyThumbprint,
  type OwnerRecord,
  openOwnerRecord,
  type PublicWay,
  sameWay,
} from '../../../policy/owner/index.ts';
import type { OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { Lock } from '../home/index.ts';
import { changeRecord, notListed } from './change-record.ts';
import { openPersonal, type RecordHost } from './host.ts';
import { publicWay } from './way.ts';

export interface WaysChange {
  /** One that is there already: it signs. */
  readonly way: WayIn;
  readonly added?: WayIn | undefined;
  /** Name of the one that is to go, or how its id begins. */
  readonly remove?: string | undefined;
  /** The one that is left is enough. */
  readonly alone?: boolean | undefined;
}

export interface ChangedWays {
  /** There is a new record; false: it was there already, or nothing was to be changed. */
  readonly changed: boolean;
  /** The one that went, now or before this broke off. */
  readonly removed?: PublicWay;
  /** The grants of this device were not renewed: no way in that stays was at hand. */
  readonly renew: boolean;
}

/** @throws what {@link changeRecord} throws */
export async function changeWays(
  context: OperationContext,
  change: WaysChange,
  open: (context: OperationContext) => Promise<RecordHost> = openPersonal,
): Promise<ChangedWays> {
  const { home, clock, signal } = context;
  using host = await open(context);
  await using _ = await Lock.take(home, 'policy', { task: 'changes the ways in', wait: 20_000, signal });
  let removed: PublicWay | undefined;
  const changed = await changeRecord(context, host, {
    ...change,
    async next(memory) {
      removed = change.remove === undefined ? undefined : await wayCalled(memory, change.remove);
      return nextRecord(memory, change, removed, clock());
    },
  });
  const renew = removed !== undefined && !(await host.renew(change.way, clock()));
  return { changed, renew, ...(removed && { removed }) };
}

/** A name, or how an id begins that is long enough not to be one. */
const ID_BEGINS = 8;

/** @throws DeviceError `ERR_USAGE` when it is none, or several */
async function wayCalled(memory: OwnerMemory, called: string): Promise<PublicWay> {
  const now = memory.record().ways;
  const found = await waysCalled(now, called);
  const [one, ...more] = found;
  const listed = await Promise.all(
    now.map(async ({ name, signature }) => `"${name}" (${await keyThumbprint(signature)})`),
  );
  if (more.length > 0)
    throw new DeviceError(
      'ERR_USAGE',
      `several ways in are called "${called}"; name one by its id: ${listed.join(', ')}`,
    );
  if (one) return one;
  for (const bytes of [...memory.records().values()].reverse()) {
    const [gone] = await waysCalled(openOwnerRecord(memory.platform, bytes).record.ways, called);
    if (gone) return gone;
  }
  throw new DeviceError(
    'ERR_USAGE',
    `none of your ways in is called "${called}"; there are: ${listed.join(', ')}`,
  );
}

async function waysCalled(ways: readonly PublicWay[], called: string): Promise<PublicWay[]> {
  const named = ways.filter(({ name }) => name === called);
  if (named.length > 0 || called.length < ID_BEGINS) return named;
  const found: PublicWay[] = [];
  for (const way of ways) if ((await keyThumbprint(way.signature)).startsWith(called)) found.push(way);
  return found;
}

/** Undefined when the newest record says it already. */
async function nextRecord(
  memory: OwnerMemory,
  { way, added, alone }: WaysChange,
  removed: PublicWay | undefined,
  now: number,
): Promise<OwnerRecord | undefined> {
  const { record, hash } = memory.known()!;
  const { alone: wasAlone, ...last } = record;
  const isListed = (one: PublicWay): boolean => last.ways.some((listed) => sameWay(listed, one));
  const isNew = added !== undefined && !isListed(publicWay(added));
  if (!isNew && !(removed && isListed(removed))) return undefined;
  if (!isListed(publicWay(way))) throw notListed(record, way);
  if (removed && sameWay(removed, publicWay(way)) && !isNew)
    throw new DeviceError(
      'ERR_USAGE',
      `"${removed.name}" cannot take itself out; name another way in by --wim`,
    );
  const left = last.ways.filter((one) => !removed || !sameWay(one, removed));
  const ways = [...left, ...(isNew ? [publicWay(added)] : [])];
  if (ways.length === 1 && !alone && !wasAlone)
    throw new DeviceError(
      'ERR_USAGE',
      `only "${ways[0]!.name}" would be left, and everything lost when that is; add another one first, or refuse a way back with --alone`,
    );
  if (isNew) await (await import('./prove.ts')).proveWays([added]);
  return {
    ...last,
    ...{ version: last.version + 1, prev: hash, time: now, ways },
    ...(ways.length === 1 && { alone: true as const }),
  };
}
