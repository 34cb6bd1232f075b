/** Each backup to an area leaves its trace in the record, whoever asked for it. */

import type { Handler, OperationContext, Parsed } from '../context.ts';
import { notice } from '../context.ts';
import { toProblem } from '../problem.ts';
import { held } from '../standing/index.ts';
import { type AreaRecord, areaName, changeRecord } from './record.ts';

/** Some databases or items by name say nothing about all the others. */
const isWhole = ({ databases, items, dryRun }: Parsed<'backup'>): boolean => !databases && !items && !dryRun;

/**
 * The run begins: it has the lock, and knows where to. Counted as a failure until it ends well, so that a run that
 * kills its process is not begun again and again at once.
 */
export async function noteStart(
  context: OperationContext,
  params: Parsed<'backup'>,
  destination: string,
): Promise<void> {
  if (!isWhole(params)) return;
  const started = context.clock();
  await change(context, destination, ({ attempt: _, ...known }) => ({
    ...known,
    attempt: { started },
    failures: known.failures + 1,
  }));
}

/** Does a backup, and records how it ended. */
export async function recorded(
  backup: Handler<'backup'>,
  context: OperationContext,
  params: Parsed<'backup'>,
): ReturnType<Handler<'backup'>> {
  if (!isWhole(params)) return backup(context, params);
  const asked = context.clock();
  try {
    const result = await backup(context, params);
    const { set, complete } = result;
    if (set) {
      const time = context.clock();
      await change(context, result.destination, ({ anchor, attempt, ...known }) => {
        const started = attempt?.started ?? asked;
        return {
          ...known,
          anchor: anchor ?? started,
          success: { time, set: set.set, complete },
          attempt: { started, ended: time },
          failures: 0,
        };
      });
    }
    return result;
  } catch (error) {
    const {
      code,
      kind,
      detail: message = code,
    } = toProblem(error, context.signal.aborted, context.home.path);
    // Another run is at it: that one tells how it ends.
    if (code !== 'ERR_BUSY') {
      const destination = params.to ?? (await firstDestination(context));
      if (destination !== undefined)
        await change(context, destination, (known) =>
          failed(known, asked, context.clock(), { code, kind, message }),
        );
    }
    throw error;
  }
}

function failed(
  known: AreaRecord,
  asked: number,
  ended: number,
  problem: NonNullable<NonNullable<AreaRecord['attempt']>['problem']>,
): AreaRecord {
  // It may have failed before it began; then what is open is that of another.
  const open = known.attempt?.ended === undefined ? known.attempt : undefined;
  const began = open !== undefined && open.started >= asked;
  const started = began ? open.started : asked;
  const before = known.failures - (began ? 1 : 0);
  const failures = Math.max(0, before) + (problem.kind === 'interrupted' ? 0 : 1);
  return { ...known, attempt: { started, ended, problem }, failures };
}

/** What cannot be recorded does not spoil what was done. */
export async function change(
  context: OperationContext,
  destination: string,
  to: (known: AreaRecord) => AreaRecord,
): Promise<void> {
  const area = areaName(destination);
  if (area === undefined) return;
  try {
    await changeRecord(context.home, area, to);
  } catch (error) {
    notice(context, 'BACKUP_UNRECORDED', `it is not recorded how this went: ${(error as Error).message}`);
  }
}

export const firstDestination = async (context: OperationContext): Promise<string | undefined> =>
  (await held(context))?.rules.destinations[0]?.area;
