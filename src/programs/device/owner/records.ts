/** Owner records in a storage area. */
import { MAX_OWNER_RECORD, ownerRecordName } from '../../../policy/owner/index.ts';
import type { Destination } from '../../../set/index.ts';
import { DeviceError } from '../errors.ts';

const PREFIX = 'o/';
const NAME = /^o\/(\d{10})$/;

/** A user who changes ways in or devices every day for years has fewer. */
const MOST = 10_000;

/**
 * The records that an area shows, by version, from `since` on. None is believed yet.
 * @throws DestinationError
 */
export async function shownRecords(area: Destination, since = 1): Promise<Map<number, Uint8Array>> {
  const versions: number[] = [];
  for await (const { name } of area.list(PREFIX)) {
    const version = Number(NAME.exec(name)?.[1] ?? 0);
    if (version < since) continue;
    versions.push(version);
    if (versions.length > MOST)
      throw new DeviceError('ERR_WHICH', `${area.label} shows more than ${MOST} owner records`);
  }
  const shown = new Map<number, Uint8Array>();
  for (const version of versions)
    shown.set(version, await area.getObject(ownerRecordName(version), MAX_OWNER_RECORD));
  return shown;
}

/** Stores a record; the same one again is fine. @throws DestinationError when another has that version */
export const storeRecord = (area: Destination, version: number, bytes: Uint8Array): Promise<void> =>
  area.putObject(ownerRecordName(version), 'owner-record', bytes);

/**
 * What a device knows, and an area does not show: a way in leads from there only as far as the records go.
 * @throws DestinationError when another one has a version
 */
export async function storeMissing(
  area: Destination,
  records: ReadonlyMap<number, Uint8Array>,
): Promise<void> {
  const missing = new Map(
    [...records].map(([version, bytes]) => [ownerRecordName(version), { version, bytes }]),
  );
  const last = Math.max(0, ...records.keys());
  for await (const { name } of area.list(PREFIX)) {
    missing.delete(name);
    if (Number(NAME.exec(name)?.[1] ?? 0) >= last) break; // a listing ascends, and may have no end
  }
  for (const { version, bytes } of missing.values()) await storeRecord(area, version, bytes);
}

/** Whether the area lists a record above this version. */
export async function listsNewer(area: Destination, version: number): Promise<boolean> {
  for await (const { name } of area.list(PREFIX))
    if (Number(NAME.exec(name)?.[1] ?? 0) > version) return true;
  return false;
}
