/** Backups by schedule, as `status` tells them (U8). */
import { z } from 'zod';
import { damageSchema } from './restore.ts';
import { countSchema, idSchema, timeSchema } from './values.ts';

/** Why nothing is planned; `no-agent`: nobody is there who could keep the schedule. */
export const idleSchema = z.enum(['no-agent', 'not-enrolled', 'no-schedule', 'no-destination', 'no-sources']);

/**
 * - `first`: nothing was backed up there yet
 * - `regular`: as policy says
 * - `missed`: its time passed while nobody watched
 * - `retry`: after a failure
 * - `resume`: the last one was cut short
 */
export const planReasonSchema = z.enum(['first', 'regular', 'missed', 'retry', 'resume']);
export type PlanReason = z.infer<typeof planReasonSchema>;

/** Why a backup that is due waits. `battery`: low, and not charging. `metered`: the network costs by volume. */
export const holdSchema = z.enum(['battery', 'metered']);
export type Hold = z.infer<typeof holdSchema>;

/** What comes next. */
export const upcomingSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none'), reason: idleSchema }),
  z.object({ kind: z.literal('at'), time: timeSchema, why: planReasonSchema }),
  z.object({ kind: z.literal('held'), hold: holdSchema }),
  z.object({ kind: z.literal('running'), started: timeSchema }),
]);
export type Upcoming = z.infer<typeof upcomingSchema>;

export const scheduleStateSchema = z.object({
  /** As policy says, ms. Absent: no backup begins by itself. */
  every: countSchema.optional(),
  /** Absent: nobody is told of silence. */
  alertAfter: countSchema.optional(),
  next: upcomingSchema,
});

const problemSchema = z.object({ code: z.string(), kind: z.string(), message: z.string() });
/** The last attempt did not succeed. */
const failedSchema = z.object({ time: timeSchema, problem: problemSchema });

/** The pruning of one area, by hand or after a backup by schedule. */
export const lastPruneSchema = z.object({
  /** The last one that was done; sets that it removed, and bytes that it freed. */
  done: z
    .object({
      time: timeSchema,
      removed: countSchema,
      bytes: countSchema,
      /** Nothing is ever deleted there. */
      appendOnly: z.literal(true).optional(),
    })
    .optional(),
  failed: failedSchema.optional(),
});

/** The verification of this device's newest set in one area. */
export const lastVerifySchema = z.object({
  /** The last one that came to its end; items that were opened, of so many in the set. */
  done: z.object({ time: timeSchema, set: idSchema, items: countSchema, listed: countSchema }).optional(),
  /** What was found, first in this set: it stays until a verification of all items finds nothing. */
  damage: z
    .object({ time: timeSchema, set: idSchema, count: countSchema, damaged: z.array(damageSchema).max(20) })
    .optional(),
  failed: failedSchema.optional(),
});

/** What is recorded of the backups to one area, those by hand included. */
export const areaBackupsSchema = z.object({
  destination: z.string(),
  /** The newest one of everything; `complete`: nothing had to be left out. */
  success: z.object({ time: timeSchema, set: idSchema, complete: z.boolean() }).optional(),
  /** The last attempt. Without `ended` it runs, or its process was ended; with `problem` it did not succeed. */
  attempt: z
    .object({
      started: timeSchema,
      ended: timeSchema.optional(),
      problem: problemSchema.optional(),
    })
    .optional(),
  /** Attempts since the last success that did not succeed; those that were stopped do not count. */
  failures: countSchema,
  prune: lastPruneSchema.optional(),
  verify: lastVerifySchema.optional(),
});
export type AreaBackups = z.infer<typeof areaBackupsSchema>;
