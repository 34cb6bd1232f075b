/** Each pruning and verification of an area leaves its trace in the record, whoever asked for it. */
import type { ResultOf } from '../../../api/device/index.ts';
import type { Problem } from '../../../api/problem/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import { newId } from '../../../policy/message/index.ts';
import { keepEvent } from '../channel/index.ts';
import type { Handler, OperationContext, Parsed } from '../context.ts';
import { Lock } from '../home/index.ts';
import { toProblem } from '../problem.ts';
import { held } from '../standing/index.ts';
import { change, firstDestination } from './attempt.ts';
import type { AreaRecord } from './record.ts';

/** So much of what is damaged is remembered; the rest is counted. */
const REMEMBERED = 20;

export async function recordedPrune(
  prune: Handler<'prune'>,
  context: OperationContext,
  params: Parsed<'prune'>,
): ReturnType<Handler<'prune'>> {
  if (params.dryRun) return prune(context, params);
  const result = await withFailure(context, params, 'prune', () => prune(context, params));
  const { removed, bytes, appendOnly } = result;
  const done = {
    ...{ time: context.clock(), removed: removed.length, bytes },
    ...(appendOnly && { appendOnly }),
  };
  await change(context, result.destination, (known) => ({ ...known, prune: { done } }));
  return result;
}

/** Only of this device's newest set; what is found in others is told to whoever asked. */
export async function recordedVerify(
  verify: Handler<'verify'>,
  context: OperationContext,
  params: Parsed<'verify'>,
): ReturnType<Handler<'verify'>> {
  const { set, at, device } = params;
  if (set !== undefined || at !== undefined || device !== undefined) return verify(context, params);
  const result = await withFailure(context, params, 'verify', () => verify(context, params));
  const inForce = await held(context);
  if (result.set.device !== inForce?.device) return result;
  let isNew = false;
  await change(context, result.destination, (known) => {
    const verified = afterVerify(known.verify, result, params, context.clock());
    isNew = verified.damage !== undefined && verified.damage.count !== known.verify?.damage?.count;
    return { ...known, verify: verified };
  });
  if (isNew && inForce.user === undefined) await tellDamage(context, result);
  if (isNew) context.agent?.wake();
  return result;
}

/** That a share of the items is whole, or hashes fit, does not make good what was found before. */
function afterVerify(
  known: AreaRecord['verify'],
  { set: { set }, items, listed, damaged, damagedCount: count }: ResultOf<'verify'>,
  { sample, structureOnly }: Parsed<'verify'>,
  time: number,
): NonNullable<AreaRecord['verify']> {
  const done = { time, set, items, listed };
  const before = sample || structureOnly ? known?.damage : undefined;
  if (before && before.count >= count) return { done, damage: before };
  if (count === 0) return { done };
  return { done, damage: { time, set, count, damaged: damaged.slice(0, REMEMBERED) } };
}

/** For the audit log; it waits until the server has it. */
async function tellDamage(
  { home, clock }: OperationContext,
  { set: { set, chain, counter }, damagedCount: count }: ResultOf<'verify'>,
): Promise<void> {
  await using _ = await Lock.take(home, 'policy', { task: 'keeps an event', wait: 60_000 });
  const id = newId(nodePlatform);
  await keepEvent(home, { id, event: 'verify.damage', time: clock(), chain, set, counter, count });
}

/** What the caller did wrong, or stopped, is no failure of the area. */
const isFailure = ({ code, kind }: Problem): boolean =>
  code === 'ERR_UNCONFIRMED' ||
  (code !== 'ERR_BUSY' && kind !== undefined && ['failed', 'integrity', 'no-key'].includes(kind));

async function withFailure<T>(
  context: OperationContext,
  { from }: { readonly from?: string | undefined },
  what: 'prune' | 'verify',
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const problem = toProblem(error, context.signal.aborted, context.home.path);
    const destination = from ?? (await firstDestination(context));
    if (destination !== undefined && isFailure(problem)) {
      const { code, kind, detail: message = code } = problem;
      const failed = { time: context.clock(), problem: { code, kind, message } };
      await change(context, destination, (known) => ({ ...known, [what]: { ...known[what], failed } }));
    }
    throw error;
  }
}
