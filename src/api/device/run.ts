/** Operation `backup`. */
import { z } from 'zod';
import {
  countSchema,
  destinationSchema,
  idSchema,
  itemClassSchema,
  leftOutSchema,
  selection,
  timeSchema,
  waitSchema,
} from './values.ts';

export const backupParams = z.strictObject({
  /** A storage area, or a backup file `….ipd`; default: the first area that policy names. */
  to: destinationSchema.optional(),
  /** Replace a backup file that is there. */
  replace: z.boolean().optional(),
  ...selection,
  /** Write a full index, so that restores need no older one. */
  full: z.boolean().optional(),
  /** A source that had items and now has none was emptied on purpose (U6). */
  allowEmpty: z.boolean().optional(),
  /** Say what would be done; nothing is stored. */
  dryRun: z.boolean().optional(),
  wait: waitSchema.optional(),
});
export type BackupParams = z.infer<typeof backupParams>;

export const backedUpSchema = z.object({
  database: z.string(),
  class: itemClassSchema,
  /** Items in the set, and how many of them are new, changed, unchanged; and gone since the last one. */
  items: countSchema,
  added: countSchema,
  changed: countSchema,
  unchanged: countSchema,
  deleted: countSchema,
  /** Bytes of new and changed items. */
  bytes: countSchema,
});
export type BackedUp = z.infer<typeof backedUpSchema>;

export const backupResult = z.object({
  dryRun: z.boolean(),
  destination: z.string(),
  /** Absent after a dry run. */
  set: z.object({ set: idSchema, chain: idSchema, counter: countSchema, time: timeSchema }).optional(),
  databases: z.array(backedUpSchema),
  /** Bytes stored at the destination by this run. */
  stored: countSchema,
  /** Everything that is not in the set, and why; the first thousand, `leftOutCount` in all. */
  leftOut: z.array(leftOutSchema),
  leftOutCount: countSchema,
  /** False: something that was to be in the set is not (exit 3). What policy keeps out does not count. */
  complete: z.boolean(),
  /** Has the server been told of the new head? Otherwise it is told later. */
  reported: z.boolean(),
});
export type BackupResult = z.infer<typeof backupResult>;
