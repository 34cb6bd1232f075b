/** The next owner record, in every area that this device uses. */
import type { OwnerMemory } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import type { AreaDestination } from '../../../destinations/area/index.ts';
import { BaseError } from '../../../lib/errors.ts';
import { type OwnerRecord, openOwnerRecord, sameWay, signOwnerRecord } from '../../../policy/owner/index.ts';
import type { OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { openArea } from './area.ts';
import type { RecordHost } from './host.ts';
import { shownRecords, storeMissing, storeRecord } from './records.ts';
import { publicWay, signerOf } from './way.ts';

export interface RecordChange {
  /** The way in at hand: it signs. */
  readonly way: WayIn;
  /** One that is new in the record: it signs, too. */
  readonly added?: WayIn | undefined;
  /** What comes after the newest record; undefined when that says it already. Nothing else has changed it meanwhile. */
  next(memory: OwnerMemory): Promise<OwnerRecord | undefined>;
}

/**
 * The record counts as soon as one area has it. Broken off before all have, the same call again stores it in the others.
 * @returns whether there is a new one
 * @throws DeviceError `ERR_USAGE`, OwnerError, DestinationError: all areas have to be there, so that none goes another way
 */
export async function changeRecord(
  context: OperationContext,
  host: RecordHost,
  { way, added, next }: RecordChange,
): Promise<boolean> {
  const { clock } = context;
  const { memory } = host;
  await using areas = await openAreas(context, host, way);
  try {
    for (const [uri, area] of areas.open) await memory.follow(await shownRecords(area), clock(), uri);
  } catch (cause) {
    // Areas do not know it either: that says more than their refusal.
    if (cause instanceof BaseError && cause.kind === 'no-key' && !everListed(memory, way))
      throw notListed(memory.record(), way, cause);
    throw cause;
  }
  const record = await next(memory);
  if (record) {
    const signers = [way, ...(added ? [added] : [])].map(signerOf);
    const [before, bytes] = [memory.known()!, await signOwnerRecord(record, signers)];
    for (const area of areas.open.values()) await storeRecord(area, record.version, bytes);
    const both = [
      [before.record.version, before.bytes],
      [record.version, bytes],
    ] as const;
    await memory.follow(new Map(both), clock());
  }
  for (const area of areas.open.values()) await storeMissing(area, memory.records());
  return record !== undefined;
}

async function openAreas(context: OperationContext, host: RecordHost, way: WayIn) {
  const open = new Map<string, AreaDestination>();
  const { user } = host.memory.record();
  for (const [uri, grants] of await host.areas(way, context.clock()))
    open.set(uri, openArea(context, host.keys, { uri, user, grants }));
  const close = async (): Promise<void> => {
    for (const area of open.values()) await area.close();
  };
  return { open, [Symbol.asyncDispose]: close };
}

const everListed = (memory: OwnerMemory, way: WayIn): boolean =>
  [...memory.records().values()].some((bytes) =>
    openOwnerRecord(memory.platform, bytes).record.ways.some((one) => sameWay(one, publicWay(way))),
  );

/** @returns the error of a way in that is none of the owner's */
export function notListed({ ways }: OwnerRecord, { public: { name } }: WayIn, cause?: unknown): DeviceError {
  const names = ways.map((one) => `"${one.name}"`);
  return new DeviceError(
    'ERR_USAGE',
    `"${name}" is none of your ways in; name one by --wim: ${names.join(', ')}`,
    { cause },
  );
}
