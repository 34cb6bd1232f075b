/**
 * Outbox: heads that the server has not taken yet, and this device's newest set at each destination. A head is
 * kept from the moment its manifest is stored: when the server is down it is told later, so that nobody can pass
 * off an older set as the newest (U2). Also: events for its audit log, and the names of databases that it was told.
 */
import { z } from 'zod';
import { idSchema } from '../../../api/device/index.ts';
import { deviceEvents } from '../../../policy/message/index.ts';
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

const eventSchema = z.object({
  id: idSchema,
  event: z.enum(deviceEvents),
  time: z.int().nonnegative(),
  chain: idSchema,
  set: idSchema,
  counter: z.int().nonnegative(),
  count: z.int().nonnegative(),
});
export type UnsentEvent = z.infer<typeof eventSchema>;

/** Of events that nobody takes, so many are kept: the oldest ones, with which it began. */
const MOST_EVENTS = 100;

const lastSchema = headSchema.extend({ set: idSchema, destination: z.string() });
export type LastBackup = z.infer<typeof lastSchema>;

const outboxSchema = z.object({
  v: z.literal(1),
  heads: z.array(headSchema),
  events: z.array(eventSchema).optional(),
  acknowledged: z.string().optional(),
  last: lastSchema.optional(),
  databases: z.object({ device: idSchema, names: z.array(z.string()) }).optional(),
});
export interface OutboxState {
  /** The newest head of each chain: an older one tells nothing more. */
  readonly heads: readonly UnsentHead[];
  /** For the audit log, oldest first. */
  readonly events: readonly UnsentEvent[];
  readonly last: LastBackup | undefined;
  /** Mark of the acknowledgement that the server took last, see {@link markOf}. */
  readonly acknowledged: string | undefined;
  /** What the server was told last of this device's databases, and as which device. */
  readonly databases: { readonly device: string; readonly names: readonly string[] } | undefined;
}

/** A sealed report is known by its authentication tag, the last part of a compact JWE (RFC 7516 §3.1). */
export const markOf = (report: string): string => report.slice(report.lastIndexOf('.') + 1);

export async function readOutbox(home: Home): Promise<OutboxState> {
  const kept = (await home.exists())
    ? await readJson(home.outbox, (value) => outboxSchema.parse(value, { jitless: true }))
    : undefined;
  const { heads = [], events = [], last, acknowledged, databases } = kept ?? {};
  return { heads, events, last, acknowledged, databases };
}

/**
 * A set is finished: its head waits for the server. That of a backup file, which may be thrown away, is not this
 * device's newest set anywhere. The caller holds the lock `policy`.
 */
export function keepHead(home: Home, finished: LastBackup | UnsentHead): Promise<void> {
  const head = asHead(finished);
  return change(home, (kept) => {
    const others = kept.heads.filter(({ chain }) => chain !== head.chain);
    const last = 'destination' in finished ? finished : kept.last;
    return { ...kept, heads: [...others, head], last };
  });
}

/** The server has taken a head. The caller holds the lock `policy`. */
export const dropHead = (home: Home, sent: UnsentHead): Promise<void> =>
  change(home, (kept) => ({
    ...kept,
    heads: kept.heads.filter((head) => head.chain !== sent.chain || head.counter !== sent.counter),
  }));

/** Something for the audit log waits for the server. The caller holds the lock `policy`. */
export const keepEvent = (home: Home, event: UnsentEvent): Promise<void> =>
  change(home, (kept) => ({ ...kept, events: [...kept.events, event].slice(0, MOST_EVENTS) }));

/** The server has taken an event. The caller holds the lock `policy`. */
export const dropEvent = (home: Home, sent: UnsentEvent): Promise<void> =>
  change(home, (kept) => ({ ...kept, events: kept.events.filter(({ id }) => id !== sent.id) }));

/** The server has taken an acknowledgement. The caller holds the lock `policy`. */
export const keepAcknowledged = (home: Home, report: string): Promise<void> =>
  change(home, (kept) => ({ ...kept, acknowledged: markOf(report) }));

/** The server has taken them; undefined: it may have forgotten. The caller holds the lock `policy`. */
export const keepTold = (home: Home, databases: OutboxState['databases']): Promise<void> =>
  change(home, (kept) => ({ ...kept, databases }));

async function change(home: Home, to: (kept: OutboxState) => OutboxState): Promise<void> {
  await writeDurably(home.outbox, `${JSON.stringify({ v: 1, ...to(await readOutbox(home)) })}\n`);
}
