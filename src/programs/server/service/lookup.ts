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
