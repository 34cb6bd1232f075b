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
