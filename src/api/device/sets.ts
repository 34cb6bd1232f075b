/** Operations `sets`, `setsConfirm` and `ls`: what lies at a destination. */
import { z } from 'zod';
import { setOrTime, usedSetSchema, whichSet } from './restore.ts';
import {
  countSchema,
  databaseNameSchema,
  destinationSchema,
  freshnessSchema,
  idSchema,
  timeSchema,
} from './values.ts';
import { wayParams } from './way.ts';

export const setsParams = z.strictObject({
  from: destinationSchema.optional(),
  device: idSchema.optional(),
  chain: idSchema.optional(),
  way: wayParams.optional(),
});
export type SetsParams = z.infer<typeof setsParams>;

export const setRowSchema = z.object({
  set: idSchema,
  chain: idSchema,
  device: idSchema,
  /** Is it this device's? */
  own: z.boolean(),
  counter: countSchema,
  time: timeSchema,
  /** Bytes that this set added. */
  bytes: countSchema,
  /** So much changed in it that nothing older is pruned until it is confirmed (U6). */
  alert: z.literal(true).optional(),
  unfinished: usedSetSchema.shape.unfinished,
});
export type SetRow = z.infer<typeof setRowSchema>;

export const setsResult = z.object({
  destination: z.string(),
  /** By device and chain, oldest first. */
  sets: z.array(setRowSchema),
  /** Chains that were reported to lie there, and of which nothing is shown (exit 6); `counter`: of the newest set. */
  missing: z.array(z.object({ device: idSchema, chain: idSchema, counter: countSchema, time: timeSchema })),
  freshness: freshnessSchema,
});
export type SetsResult = z.infer<typeof setsResult>;

/** A mass change was meant: pruning need not wait for it any more (U6). */
export const setsConfirmParams = z.strictObject({ from: destinationSchema.optional(), set: idSchema });
export type SetsConfirmParams = z.infer<typeof setsConfirmParams>;

export const setsConfirmResult = z.object({
  destination: z.string(),
  set: idSchema,
  /** Sets that still wait. */
  waiting: z.array(idSchema),
});
export type SetsConfirmResult = z.infer<typeof setsConfirmResult>;

/** The rows come as `entry` events. */
export const lsParams = z
  .strictObject({
    ...whichSet,
    databases: z.array(databaseNameSchema).min(1).max(1000).optional(),
  })
  .refine(...setOrTime);
export type LsParams = z.infer<typeof lsParams>;

export const lsResult = z.object({
  destination: z.string(),
  set: usedSetSchema,
  freshness: freshnessSchema,
  entries: countSchema,
});
export type LsResult = z.infer<typeof lsResult>;
