/**
 * Outbox: heads that the server has not taken yet, and this device's newest set at each destination. A head is
 * kept from the moment its manifest is stored: when the server is down it is told later, so that nobody can pass
 * off an older set as the newest (U2).
 */
import { z } from 'zod';
import { idSchema } from '../../../api/device/index.ts';
import { type Home, readJson, writeDurably } from '../home/index.ts';

const headSchema = z.object({
  chain: idSchema,
  counter: z.int().nonnegative(),
  hash: z.string().length(43),
  /** When the set was finished, Unix ms. */
  time: z.int().nonnegative(),
  /** Id of the storage area that it lies in. */
  area: idSchema.optional(),
});
export type UnsentHead = z.infer<typeof headSchema>;

/** A head and nothing more. */
export const asHead = ({ chain, counter, hash, time, area }: UnsentHead) => ({
  ...{ chain, counter, hash, time },
  ...(area !== undefined && { area }),
});

const lastSchema = headSchema.extend({ set: idSchema, destination: z.string() });
export type LastBackup = z.infer<typeof lastSchema>;

const outboxSchema = z.object({
  v: z.literal(1),
  heads: z.array(headSchema),
  acknowledged: z.string().optional(),
  last: lastSchema.optional(),
});
export interface OutboxState {
  /** The newest head of each chain: an older one tells nothing more. */
  readonly heads: readonly UnsentHead[];
  readonly last: LastBackup | undefined;
  /** Mark of the acknowledgement that the server took last, see {@link markOf}. */
  readonly acknowledged: string | undefined;
}

/** A sealed report is known by its authentication tag, the last part of a compact JWE (RFC 7516 §3.1). */
export const markOf = (report: string): string => report.slice(report.lastIndexOf('.') + 1);

/** Reports that wait: heads, and the acknowledgement given last when the server has not taken it. */
export const unsentCount = (
  { heads, acknowledged }: OutboxState,
  acknowledgement: string | undefined,
): number =>
  heads.length + (acknowledgement !== undefined && markOf(acknowledgement) !== acknowledged ? 1 : 0);

export async function readOutbox(home: Home): Promise<OutboxState> {
  const kept = (await home.exists())
    ? await readJson(home.outbox, (value) => outboxSchema.parse(value))
    : undefined;
  return { heads: kept?.heads ?? [], last: kept?.last, acknowledged: kept?.acknowledged };
}

/** A set is finished: its head waits for the server. The caller holds the lock `policy`. */
export function keepHead(home: Home, finished: LastBackup): Promise<void> {
  const head = asHead(finished);
  return change(home, (kept) => {
    const others = kept.heads.filter(({ chain }) => chain !== head.chain);
    return { ...kept, heads: [...others, head], last: finished };
  });
}

/** The server has taken a head. The caller holds the lock `policy`. */
export const dropHead = (home: Home, sent: UnsentHead): Promise<void> =>
  change(home, (kept) => ({
    ...kept,
    heads: kept.heads.filter((head) => head.chain !== sent.chain || head.counter !== sent.counter),
  }));

/** The server has taken an acknowledgement. The caller holds the lock `policy`. */
export const keepAcknowledged = (home: Home, report: string): Promise<void> =>
  change(home, (kept) => ({ ...kept, acknowledged: markOf(report) }));

async function change(home: Home, to: (kept: OutboxState) => OutboxState): Promise<void> {
  await writeDurably(home.outbox, `${JSON.stringify({ v: 1, ...to(await readOutbox(home)) })}\n`);
}
