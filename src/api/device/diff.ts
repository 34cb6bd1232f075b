/** Operation `diff`: what has changed between two sets. */
import { z } from 'zod';
import { usedSetSchema } from './restore.ts';
import {
  countSchema,
  databaseNameSchema,
  destinationSchema,
  freshnessSchema,
  idSchema,
  itemClassSchema,
  timeSchema,
} from './values.ts';
import { wayParams } from './way.ts';

/** Nothing given: the newest set of this device, or else of the user's only other one, and the one before. */
export const diffParams = z
  .strictObject({
    from: destinationSchema.optional(),
    device: idSchema.optional(),
    /** The set to compare with; without `newer`, what has changed since. */
    older: idSchema.optional(),
    newer: idSchema.optional(),
    /** The older one is the newest that was made at or before then. */
    at: timeSchema.optional(),
    databases: z.array(databaseNameSchema).min(1).max(1000).optional(),
    /** Name each item, as `difference` events. */
    names: z.boolean().optional(),
    way: wayParams.optional(),
  })
  .refine(
    ({ older, at }) => older === undefined || at === undefined,
    'older and at exclude each other: both say which set is the older one',
  );
export type DiffParams = z.infer<typeof diffParams>;

/** A database and class in which something has changed. Bytes are those of the items in the newer set; of deleted ones, in the older. */
export const changedSchema = z.object({
  database: z.string(),
  class: itemClassSchema,
  added: countSchema,
  changed: countSchema,
  deleted: countSchema,
  addedBytes: countSchema,
  changedBytes: countSchema,
  deletedBytes: countSchema,
});
export type Changed = z.infer<typeof changedSchema>;

export const diffResult = z.object({
  destination: z.string(),
  older: usedSetSchema,
  newer: usedSetSchema,
  /** Of the chain of the newer one. */
  freshness: freshnessSchema,
  /** Only those in which something has changed. */
  databases: z.array(changedSchema),
});
export type DiffResult = z.infer<typeof diffResult>;
