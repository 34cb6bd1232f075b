import type { AuditEntry, AuditPage } from '../../../api/server/index.ts';
import { toBase64Url, utf8 } from '../../../lib/bytes.ts';
import { ServerError } from '../errors.ts';
import { type AuditRow, addEntry, entriesAfter, lastEntry, type Tx } from '../store/index.ts';
import type { Context } from './context.ts';

export interface Act {
  /** `admin`, `server`, or `device:ID`. */
  readonly actor: string;
  /** `policy.apply`, `device.revoke`, ... */
  readonly action: string;
  /** Name or id of what it was done to. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
}

/** Records an act in the transaction that carries it out: neither is there without the other. */
export async function record(ctx: Pick<Context, 'platform' | 'clock'>, tx: Tx, act: Act): Promise<void> {
  const last = await lastEntry(tx);
  const entry = {
    seq: (last?.seq ?? 0) + 1,
    time: ctx.clock(),
    actor: act.actor,
    action: act.action,
    subject: act.subject,
    detail: JSON.stringify(act.detail ?? {}),
    previous: last?.hash ?? '',
  };
  await addEntry(tx, { ...entry, hash: entryHash(ctx, entry) });
}

/** SHA-256 (base64url) over the JSON array of all other columns in this order. */
function entryHash(ctx: Pick<Context, 'platform'>, entry: Omit<AuditRow, 'hash'>): string {
  const { seq, time, actor, action, subject, detail, previous } = entry;
  const text = JSON.stringify([seq, time, actor, action, subject, detail, previous]);
  return toBase64Url(ctx.platform.sha256(utf8(text)));
}

/** @throws ServerError `ERR_AUDIT_BROKEN` when an entry was altered or is missing */
export async function auditPage(ctx: Context, after: number, limit: number): Promise<AuditPage> {
  const rows = await entriesAfter(ctx.db, after, limit);
  let previous = after === 0 ? '' : ((await entriesAfter(ctx.db, after - 1, 1))[0]?.hash ?? '');
  for (const [position, row] of rows.entries()) {
    const { hash, ...rest } = row;
    if (row.seq !== after + position + 1 || row.previous !== previous || hash !== entryHash(ctx, rest)) {
      throw new ServerError(
        'ERR_AUDIT_BROKEN',
        `the audit log is broken at entry ${row.seq}: it, or one before it, was altered or removed`,
      );
    }
    previous = hash;
  }
  const last = rows.at(-1);
  return {
    entries: rows.map(entryOf),
    ...(rows.length === limit && last !== undefined ? { next: last.seq } : {}),
  };
}

const entryOf = (row: AuditRow): AuditEntry => ({ ...row, detail: JSON.parse(row.detail) });
