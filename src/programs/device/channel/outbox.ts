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
});
export type UnsentHead = z.infer<typeof headSchema>;

const lastSchema = headSchema.extend({ set: idSchema, destination: z.string() });
export type LastBackup = z.infer<typeof lastSchema>;

const outboxSchema = z.object({
  v: z.literal(1),
  heads: z.array(headSchema),
  last: lastSchema.optional(),
});
export interface OutboxState {
  /** The newest head of each chain: an older one tells nothing more. */
  readonly heads: readonly UnsentHead[];
  readonly last: LastBackup | undefined;
}

export async function readOutbox(home: Home): Promise<OutboxState> {
  const kept = (await home.exists())
    ? await readJson(home.outbox, (value) => outboxSchema.parse(value))
    : undefined;
  return { heads: kept?.heads ?? [], last: kept?.last };
}

/** A set is finished: its head waits for the server. The caller holds the lock `policy`. */
export async function keepHead(home: Home, finished: LastBackup): Promise<void> {
  const { heads } = await readOutbox(home);
  const { chain, counter, hash, time } = finished;
  const others = heads.filter((head) => head.chain !== chain);
  await save(home, { heads: [...others, { chain, counter, hash, time }], last: finished });
}

/** The server has taken a head. The caller holds the lock `policy`. */
export async function dropHead(home: Home, sent: UnsentHead): Promise<void> {
  const { heads, last } = await readOutbox(home);
  const waiting = heads.filter((head) => head.chain !== sent.chain || head.counter !== sent.counter);
  await save(home, { heads: waiting, last });
}

const save = (home: Home, { heads, last }: OutboxState): Promise<void> =>
  writeDurably(home.outbox, `${JSON.stringify({ v: 1, heads, ...(last && { last }) })}\n`);
