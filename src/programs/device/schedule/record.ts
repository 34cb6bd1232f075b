/**
 * The record of backups: for each storage area the last success, the last attempt, and what went wrong (U8). A small
 * file of the state directory. It only says when to try again, and is told to people: one that is damaged or gone
 * means a backup too many, never one too few, so it is begun anew and stops nothing.
 */
import { z } from 'zod';
import { parseAreaUri } from '../../../api/area/index.ts';
import { areaBackupsSchema } from '../../../api/device/index.ts';
import { type Home, Lock, readJson, writeDurably } from '../home/index.ts';
import type { Past } from './plan.ts';

const areaSchema = areaBackupsSchema.omit({ destination: true }).extend({
  /** Start of the first success. */
  anchor: z.int().nonnegative().optional(),
});
export type AreaRecord = z.infer<typeof areaSchema>;

const recordSchema = z.object({ v: z.literal(1), areas: z.record(z.string(), areaSchema) });

/** By {@link areaName}. */
export type BackupRecord = Readonly<Record<string, AreaRecord>>;

/** Of areas that are used no more, so many are remembered. */
const REMEMBERED = 32;
const LOCK_WAIT = 5_000;

/** However its URI was written, an area has one name here. Undefined: it is none, but a backup file. */
export function areaName(destination: string): string | undefined {
  if (!/^https?:\/\//.test(destination)) return undefined;
  const { base, area } = parseAreaUri(destination);
  return `${base}/areas/${area}`;
}

export async function readRecord(home: Home): Promise<BackupRecord> {
  if (!(await home.exists())) return {};
  try {
    return (
      (await readJson(home.backups, (value) => recordSchema.parse(value, { jitless: true })))?.areas ?? {}
    );
  } catch {
    return {};
  }
}

/** Changes what is known of one area; two processes never lose each other's change. */
export async function changeRecord(
  home: Home,
  area: string,
  to: (known: AreaRecord) => AreaRecord,
): Promise<void> {
  await using _ = await Lock.take(home, 'backups', { task: 'records a backup', wait: LOCK_WAIT });
  const { [area]: known, ...others } = await readRecord(home);
  const kept = Object.entries(others)
    .sort(([, one], [, other]) => lastTime(other) - lastTime(one))
    .slice(0, REMEMBERED - 1);
  const areas = { [area]: to(known ?? { failures: 0 }), ...Object.fromEntries(kept) };
  await writeDurably(home.backups, `${JSON.stringify({ v: 1, areas }, null, 2)}\n`);
}

const lastTime = ({ success, attempt }: AreaRecord): number =>
  Math.max(success?.time ?? 0, attempt?.started ?? 0);

/** The part of it that planning looks at. */
export function pastOf({ anchor, success, attempt, failures }: AreaRecord = { failures: 0 }): Past {
  // One that succeeded is told by its success.
  const open = attempt && (attempt.problem || attempt.ended === undefined) ? attempt : undefined;
  return {
    anchor,
    succeeded: success?.time,
    failures,
    attempt: open && {
      started: open.started,
      ended: open.ended,
      interrupted: open.problem?.kind === 'interrupted',
    },
  };
}

/** End of the newest backup of everything, to whichever area. */
export function lastSuccess(record: BackupRecord): number | undefined {
  const times = Object.values(record).flatMap(({ success }) => (success ? [success.time] : []));
  return times.length === 0 ? undefined : Math.max(...times);
}
