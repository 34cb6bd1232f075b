import type { Ed25519Public } from '../../../policy/message/index.ts';
import { ServerError } from '../errors.ts';
import { type Db, type DeviceRow, deviceById, type UserRow, userByName } from '../store/index.ts';

/** @throws ServerError `ERR_NOT_FOUND` */
export async function mustUser(db: Db, name: string): Promise<UserRow> {
  const user = await userByName(db, name);
  if (user === undefined) throw new ServerError('ERR_NOT_FOUND', `there is no user ${name}`);
  return user;
}

/** @throws ServerError `ERR_NOT_FOUND` */
export async function mustDevice(db: Db, id: string): Promise<DeviceRow> {
  const row = await deviceById(db, id);
  if (row === undefined) throw new ServerError('ERR_NOT_FOUND', `there is no device ${id}`);
  return row;
}

/** What is computed of a key is kept with its object: of this many devices, those that came last. */
const MOST_KEYS = 2000;
const keys = new Map<string, Ed25519Public>();

/** The same object for the same key, as long as it is remembered. */
export function signingKeyOf({ signing_key: text }: Pick<DeviceRow, 'signing_key'>): Ed25519Public {
  const key = keys.get(text) ?? (JSON.parse(text) as Ed25519Public);
  keys.delete(text);
  keys.set(text, key);
  if (keys.size > MOST_KEYS) keys.delete(keys.keys().next().value!);
  return key;
}
