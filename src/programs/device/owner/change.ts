/** The list of ways in changes: the next owner record, in every area that this device uses (U5). */
import type { OwnerMemory, SigningIdentity } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import type { AreaDestination, Grants } from '../../../destinations/area/index.ts';
import { BaseError } from '../../../lib/errors.ts';
import {
  edPublic,
  keyThumbprint,
  type OwnerRecord,
  openOwnerRecord,
  type PublicWay,
  signOwnerRecord,
} from '../../../policy/owner/index.ts';
import type { OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { Lock } from '../home/index.ts';
import { openArea } from './area.ts';
import { readGrant, recordGrant, standingGrant } from './grants.ts';
import { openOwner } from './open.ts';
import { shownRecords, storeMissing, storeRecord } from './records.ts';
import { publicWay, signerOf } from './way.ts';

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

/** Whose list of ways in it is, and how its areas are reached. To be closed. */
export interface WaysHost extends Disposable {
  readonly memory: OwnerMemory;
  readonly keys: SigningIdentity;
  /** Every area that has the records, by URI, with grants to read and to store them. */
  areas(way: WayIn, now: number): Promise<ReadonlyMap<string, Grants>>;
  /** This device's own access goes on by the word of a way in that stays. @returns false: it is not at hand */
  renew(way: WayIn, now: number): Promise<boolean>;
}

/**
 * The record counts as soon as one area has it. Broken off before all have, the same call again stores it in the others.
 * @throws DeviceError `ERR_USAGE`, OwnerError, DestinationError: all areas have to be there, so that none goes another way
 */
export async function changeWays(
  context: OperationContext,
  change: WaysChange,
  open: (context: OperationContext) => Promise<WaysHost> = openPersonal,
): Promise<ChangedWays> {
  const { home, clock, signal } = context;
  using host = await open(context);
  const { memory } = host;
  await using _ = await Lock.take(home, 'policy', { task: 'changes the ways in', wait: 20_000, signal });
  await using areas = await openAreas(context, host, change.way);
  try {
    for (const [uri, area] of areas.open) await memory.follow(await shownRecords(area), clock(), uri);
  } catch (cause) {
    // Areas do not know it either: that says more than their refusal.
    if (cause instanceof BaseError && cause.kind === 'no-key' && !everListed(memory, change.way))
      throw notListed(memory, change.way, cause);
    throw cause;
  }
  const removed = change.remove === undefined ? undefined : await wayCalled(memory, change.remove);
  const next = await nextRecord(memory, change, removed, clock());
  if (next) {
    const signers = [change.way, ...(change.added ? [change.added] : [])].map(signerOf);
    const [before, bytes] = [memory.known()!, await signOwnerRecord(next, signers)];
    for (const area of areas.open.values()) await storeRecord(area, next.version, bytes);
    const both = [
      [before.record.version, before.bytes],
      [next.version, bytes],
    ] as const;
    await memory.follow(new Map(both), clock());
  }
  for (const area of areas.open.values()) await storeMissing(area, memory.records());
  const renew = removed !== undefined && !(await host.renew(change.way, clock()));
  return { changed: next !== undefined, renew, ...(removed && { removed }) };
}

async function openAreas(context: OperationContext, host: WaysHost, way: WayIn) {
  const open = new Map<string, AreaDestination>();
  const { user } = host.memory.record();
  for (const [uri, grants] of await host.areas(way, context.clock()))
    open.set(uri, openArea(context, host.keys, { uri, user, grants }));
  const close = async (): Promise<void> => {
    for (const area of open.values()) await area.close();
  };
  return { open, [Symbol.asyncDispose]: close };
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
  const isListed = (one: PublicWay): boolean => last.ways.some((listed) => same(listed, one));
  const isNew = added !== undefined && !isListed(publicWay(added));
  if (!isNew && !(removed && isListed(removed))) return undefined;
  if (!isListed(publicWay(way))) throw notListed(memory, way);
  if (removed && same(removed, publicWay(way)) && !isNew)
    throw new DeviceError(
      'ERR_USAGE',
      `"${removed.name}" cannot take itself out; name another way in by --wim`,
    );
  const left = last.ways.filter((one) => !removed || !same(one, removed));
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

const same = (a: PublicWay, b: PublicWay): boolean =>
  JSON.stringify(a.signature) === JSON.stringify(b.signature);

const everListed = (memory: OwnerMemory, way: WayIn): boolean =>
  [...memory.records().values()].some((bytes) =>
    openOwnerRecord(memory.platform, bytes).record.ways.some((one) => same(one, publicWay(way))),
  );

function notListed(memory: OwnerMemory, { public: { name } }: WayIn, cause?: unknown): DeviceError {
  const names = memory.record().ways.map((one) => `"${one.name}"`);
  return new DeviceError(
    'ERR_USAGE',
    `"${name}" is none of your ways in; name one by --wim: ${names.join(', ')}`,
    { cause },
  );
}

/** A device without a server: ways in give access to its areas. */
async function openPersonal({ home, clock }: OperationContext): Promise<WaysHost> {
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
      if (!memory.record().ways.some((one) => same(one, publicWay(way)))) return false;
      for (const { area } of memory.grants()) memory.keepGrant(await standingGrant(way, grantee, area, now));
      return true;
    },
  };
}
