/** Operation `prune`: which sets are to be kept, and what became of the others. */
import { z } from 'zod';
import { setRowSchema } from './sets.ts';
import { countSchema, destinationSchema } from './values.ts';
import { wayParams } from './way.ts';

const most = z.int().min(1).max(1_000_000).optional();

/** A set is kept when any of these says so; the newest always is. None given: as long as the policy says. */
export const pruneParams = z.strictObject({
  /** Storage area; default: the first that policy names. */
  from: destinationSchema.optional(),
  /** The newest so many. */
  last: most,
  /** The newest of each of the last so many hours, days, weeks, months, years that have one. */
  hourly: most,
  daily: most,
  weekly: most,
  monthly: most,
  yearly: most,
  /** All within this time before the newest, ms. */
  within: z.int().positive().optional(),
  /** Say what would be deleted; nothing is. */
  dryRun: z.boolean().optional(),
  /** A way in of the user's: without a server, it gives the right to delete. */
  way: wayParams.optional(),
});
export type PruneParams = z.infer<typeof pruneParams>;

const prunedSchema = setRowSchema.pick({
  ...{ set: true, chain: true, device: true, counter: true, time: true, bytes: true },
});
export type PrunedSet = z.infer<typeof prunedSchema>;

export const pruneResult = z.object({
  dryRun: z.boolean(),
  destination: z.string(),
  /** Nothing is ever deleted there: all sets are kept. */
  appendOnly: z.boolean(),
  /** Sets of this device, oldest first. */
  kept: z.array(prunedSchema),
  removed: z.array(prunedSchema),
  /** Objects deleted, or to be deleted, and their bytes: also of earlier runs that broke off. */
  objects: countSchema,
  bytes: countSchema,
  /** Has the server been told of the new head? Otherwise it is told later. */
  reported: z.boolean(),
});
export type PruneResult = z.infer<typeof pruneResult>;
