import type { WayParams } from '../../../api/device/index.ts';
import { openMemory } from '../channel/index.ts';
import type { OperationContext } from '../context.ts';
import { hasOwner, openWay } from '../owner/index.ts';
import { standManaged } from './managed.ts';
import { standOwned } from './owned.ts';
import type { Standing } from './standing.ts';

/**
 * @param way a way in of the user's that is at hand; none is needed to back up
 * @throws DeviceError `ERR_NOT_ENROLLED`, `ERR_DEVICE_ENDED`, `ERR_POLICY_EXPIRED`; OwnerMemoryError, WimError
 */
export async function stand(context: OperationContext, way?: WayParams): Promise<Standing> {
  if (!(await isOwned(context))) return standManaged(context);
  const ways = way ? [await openWay(way)] : [];
  return standOwned(context, ways);
}

/** A server's enrolment counts more than an owner of before. */
async function isOwned({ home, clock }: OperationContext): Promise<boolean> {
  if (!(await hasOwner(home))) return false;
  const memory = await openMemory(home, clock);
  const state = memory?.state().kind;
  memory?.close();
  return state !== 'enrolled' && state !== 'pending';
}
