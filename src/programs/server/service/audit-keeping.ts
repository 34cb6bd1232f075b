import { dropEntries, expirable } from '../store/index.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';

const HOUR = 3_600_000;
/** Entries that are dropped in one transaction. */
const BATCH = 500;

/**
 * Drops what devices did from the audit log once it is older than `keep` ms, and says so in it; what administrators
 * did stays for ever. The gaps are remembered with the hashes at their ends, so that the rest still verifies.
 *
 * @returns to be called now and then; it looks once an hour
 */
export function auditKeeper(ctx: Context, keep: number): () => Promise<void> {
  let next = 0;
  return async () => {
    const now = ctx.clock();
    if (now < next) return;
    next = now + HOUR;
    try {
      while ((await dropSome(ctx, now - keep)) === BATCH);
    } catch (error) {
      ctx.log.error({ err: error }, 'cannot drop entries of the audit log whose time is over');
    }
  };
}

function dropSome(ctx: Context, before: number): Promise<number> {
  return ctx.db.transaction().execute(async (tx) => {
    const rows = await expirable(tx, before, BATCH);
    if (rows.length === 0) return 0;
    await dropEntries(tx, rows);
    await record(ctx, tx, {
      ...{ actor: 'server', action: 'audit.expire', subject: '' },
      detail: { entries: rows.length, before },
    });
    return rows.length;
  });
}
