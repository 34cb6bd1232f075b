import type { AuditEntry, AuditPage } from '../../../api/server/index.ts';
import { toBase64Url, utf8 } from '../../../lib/bytes.ts';
import { ServerError } from '../errors.ts';
import {
  type AuditGapRow,
  type AuditRow,
  addEntry,
  entriesAfter,
  entryAt,
  gapsBetween,
  lastEntry,
  type Tx,
} from '../store/index.ts';
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

/** What a device can make the log grow by in a day. */
export const NOTED = { most: 100, window: 86_400_000 };

/**
 * Records what a device did, as long as it does not do too much: the log is for people, and its room is not the
 * device's. What was left out is counted in the next entry.
 */
export async function recordOfDevice(
  ctx: Pick<Context, 'platform' | 'clock' | 'noted'>,
  tx: Tx,
  device: string,
  act: Omit<Act, 'actor'>,
): Promise<void> {
  const granted = ctx.noted.take(device, ctx.clock());
  if (granted === undefined) return;
  const { skipped } = granted;
  const detail = { ...act.detail, ...(skipped === 0 ? {} : { skipped }) };
  await record(ctx, tx, { ...act, actor: `device:${device}`, detail });
}

/** SHA-256 (base64url) over the JSON array of all other columns in this order. */
function entryHash(ctx: Pick<Context, 'platform'>, entry: Omit<AuditRow, 'hash'>): string {
  const { seq, time, actor, action, subject, detail, previous } = entry;
  const text = JSON.stringify([seq, time, actor, action, subject, detail, previous]);
  return toBase64Url(ctx.platform.sha256(utf8(text)));
}

/** @throws ServerError `ERR_AUDIT_BROKEN` when an entry was altered, or is missing where none was dropped */
export async function auditPage(ctx: Context, after: number, limit: number): Promise<AuditPage> {
  const { rows, begin, gaps } = await ctx.db.transaction().execute(async (tx) => {
    const rows = await entriesAfter(tx, after, limit);
    const begin = after === 0 ? undefined : await entryAt(tx, after);
    return { rows, begin, gaps: await gapsBetween(tx, after, rows.at(-1)?.seq ?? after + 1) };
  });
  let at: Link = { seq: after, hash: begin?.hash ?? '' };
  const inside = gaps.find(({ first, last }) => first <= after && after <= last);
  if (inside !== undefined) at = { seq: inside.last, hash: inside.hash };
  for (const row of rows) {
    const { hash, ...rest } = row;
    at = across(gaps, at);
    if (row.seq !== at.seq + 1 || row.previous !== at.hash || hash !== entryHash(ctx, rest)) {
      throw new ServerError(
        'ERR_AUDIT_BROKEN',
        `the audit log is broken at entry ${row.seq}: it, or one before it, was altered or removed`,
      );
    }
    at = row;
  }
  const last = rows.at(-1);
  return {
    entries: rows.map(entryOf),
    ...(rows.length === limit && last !== undefined ? { next: last.seq } : {}),
  };
}

interface Link {
  readonly seq: number;
  readonly hash: string;
}

/** Where the chain goes on behind what was dropped, if that comes next and follows from here. */
function across(gaps: readonly AuditGapRow[], at: Link): Link {
  const gap = gaps.find(({ first, previous }) => first === at.seq + 1 && previous === at.hash);
  return gap === undefined ? at : { seq: gap.last, hash: gap.hash };
}

const entryOf = (row: AuditRow): AuditEntry => ({ ...row, detail: JSON.parse(row.detail) });
