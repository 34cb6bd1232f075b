/** How it stands with backups: part of operation `status` (U8). */
import type { StatusResult, Upcoming } from '../../../api/device/index.ts';
import type { OperationContext } from '../context.ts';
import { lastSuccess, readRecord, silentSince } from '../schedule/index.ts';
import { held } from '../standing/index.ts';

type BackupStatus = Pick<StatusResult, 'schedule' | 'backups' | 'silentSince'>;

/** `last`: end of the newest set that the outbox knows, in case that the record was lost. */
export async function backupStatus(
  { home, clock, agent }: OperationContext,
  last: number | undefined,
): Promise<BackupStatus> {
  const record = await readRecord(home);
  const backups = Object.entries(record).map(([destination, { anchor: _, ...known }]) => ({
    destination,
    ...known,
  }));
  const inForce = await held({ home, clock });
  if (!inForce) return { backups };
  const { every, alertAfter } = inForce.rules.schedule;
  const next: Upcoming = agent?.upcoming() ?? {
    kind: 'none',
    reason: every === undefined ? 'no-schedule' : 'no-agent',
  };
  const silent = silentSince({
    alertAfter,
    last: lastSuccess(record) ?? last,
    enrolled: inForce.since,
    now: clock(),
  });
  return {
    schedule: {
      ...(every !== undefined && { every }),
      ...(alertAfter !== undefined && { alertAfter }),
      next,
    },
    backups,
    ...(silent !== undefined && { silentSince: silent }),
  };
}
