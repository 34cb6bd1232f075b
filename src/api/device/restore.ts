/** Operations `restore` and `verify`. */
import { z } from 'zod';
import {
  absolutePathSchema,
  areaUriSchema,
  countSchema,
  freshnessSchema,
  idSchema,
  itemClassSchema,
  leftOutSchema,
  selection,
  timeSchema,
} from './values.ts';

/** Which set: by id, or the newest of a device (made at or before `at`). */
export const whichSet = {
  from: areaUriSchema.optional(),
  /** Default: this device; when it has no set, the user's only other device that has one. */
  device: idSchema.optional(),
  set: idSchema.optional(),
  at: timeSchema.optional(),
};

export const setOrTime = [
  ({ set, at }: { set?: string | undefined; at?: number | undefined }): boolean =>
    set === undefined || at === undefined,
  'set and at exclude each other',
] as const;

export const restoreParams = z
  .strictObject({
    ...whichSet,
    ...selection,
    /** Write there, one folder per database, and not into the sources. */
    into: absolutePathSchema.optional(),
    /** Write a changed item beside what is there (U7). */
    keepBoth: z.boolean().optional(),
    dryRun: z.boolean().optional(),
  })
  .refine(...setOrTime);
export type RestoreParams = z.infer<typeof restoreParams>;

/** The set that was worked on. */
export const usedSetSchema = z.object({
  set: idSchema,
  chain: idSchema,
  device: idSchema,
  counter: countSchema,
  time: timeSchema,
});
export type UsedSet = z.infer<typeof usedSetSchema>;

export const restoredSchema = z.object({
  database: z.string(),
  class: itemClassSchema,
  /** The source's label, or the folder below `into`. */
  target: z.string(),
  added: countSchema,
  replaced: countSchema,
  /** Was there already, byte for byte. */
  kept: countSchema,
  keptBoth: countSchema,
  bytes: countSchema,
});
export type Restored = z.infer<typeof restoredSchema>;

export const restoreResult = z.object({
  dryRun: z.boolean(),
  destination: z.string(),
  set: usedSetSchema,
  freshness: freshnessSchema,
  databases: z.array(restoredSchema),
  /** What was not restored, and why; the first thousand, `leftOutCount` in all. */
  leftOut: z.array(leftOutSchema),
  leftOutCount: countSchema,
  /** False: something that was asked for is not there now (exit 3). */
  complete: z.boolean(),
});
export type RestoreResult = z.infer<typeof restoreResult>;

export const verifyParams = z
  .strictObject({
    ...whichSet,
    /** Check hashes and signatures only; needs no key that opens. */
    structureOnly: z.boolean().optional(),
  })
  .refine(...setOrTime);
export type VerifyParams = z.infer<typeof verifyParams>;

/** Something that is not as it was stored; the first thousand. */
export const damageSchema = z.object({
  /** Name of the object in the area. */
  object: z.string(),
  code: z.string(),
  message: z.string(),
});

export const verifyResult = z.object({
  destination: z.string(),
  set: usedSetSchema,
  /** Counts of what was checked. */
  segments: countSchema,
  items: countSchema,
  bytes: countSchema,
  freshness: freshnessSchema,
  /** Not empty: exit 6. */
  damaged: z.array(damageSchema),
});
export type VerifyResult = z.infer<typeof verifyResult>;
