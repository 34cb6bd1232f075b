import type { WayParams } from '../../../api/device/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import { openMemory } from '../channel/index.ts';
import type { OperationContext } from '../context.ts';
import type { Standing } from './standing.ts';

export interface AtHand {
  /** A way in of the user's; none is needed to back up. */
  readonly way?: WayParams | undefined;
  /** URI of a storage area: enough for a terminal that is nobody's device. */
  readonly from?: string | undefined;
}

/** @throws DeviceError `ERR_NOT_ENROLLED`, `ERR_DEVICE_ENDED`, `ERR_POLICY_EXPIRED`; OwnerMemoryError, WimError */
export async function stand(context: OperationContext, { way, from }: AtHand = {}): Promise<Standing> {
  const kind = await kindOf(context);
  if (kind === 'none' && (!way || !isUri(from)))
    return (await import('./managed.ts')).standManaged(context, []);
  const opened = way && (await (await import('../owner/index.ts')).openWay(way));
  try {
    if (kind === 'managed')
      return await (await import('./managed.ts')).standManaged(context, opened ? [opened] : []);
    if (kind === 'owned')
      return await (await import('./owned.ts')).standOwned(context, opened ? [opened] : []);
    return await (await import('./bare.ts')).standBare(context, opened!, from!);
  } catch (error) {
    await opened?.close();
    throw error;
  }
}

/** To share: what is sealed is for the user's own keys. Ways in are open already, and are closed with it. @throws as {@link stand} */
export const standToShare = async (context: OperationContext, ways: readonly WayIn[]): Promise<Standing> =>
  (await isGoverned(context))
    ? (await import('./managed.ts')).standManaged(context, ways, true)
    : standAsOwner(context, ways);

/** As a person's device, with ways in that are open already, and are closed with it. @throws as {@link stand} */
export const standAsOwner = async (context: OperationContext, ways: readonly WayIn[]): Promise<Standing> =>
  (await import('./owned.ts')).standOwned(context, ways);

/** Whether a server governs this device. */
export const isGoverned = async (context: OperationContext): Promise<boolean> =>
  (await kindOf(context)) === 'managed';

/** A server's enrolment counts more than an owner of before. */
async function kindOf({ home, clock }: OperationContext): Promise<'managed' | 'owned' | 'none'> {
  const memory = await openMemory(home, clock);
  const state = memory?.state().kind;
  memory?.close();
  if (state === 'enrolled' || state === 'pending') return 'managed';
  return (await home.hasOwner()) ? 'owned' : 'none';
}

const isUri = (from: string | undefined): from is string => /^https?:/.test(from ?? '');
