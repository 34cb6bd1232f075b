/** Operations `restore` and `verify`. */
import { z } from 'zod';
import {
  absolutePathSchema,
  countSchema,
  destinationSchema,
  freshnessSchema,
  idSchema,
  itemClassSchema,
  leftOutSchema,
  selection,
  timeSchema,
  waitSchema,
} from './values.ts';
import { wayParams } from './way.ts';

/** Which set: by id, or the newest of a device (made at or before `at`). */
export const whichSet = {
  from: destinationSchema.optional(),
  /** Default: this device; when it has no set, the user's only other device that has one. */
  device: idSchema.optional(),
  set: idSchema.optional(),
  at: timeSchema.optional(),
  /** The newest set there has at least this counter, as the caller knows from elsewhere (U2). */
  expect: z.int().positive().optional(),
  /** A way in of the user's: without a server, nothing is opened without one. */
  way: wayParams.optional(),
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
    /** Say what would be done; nothing is written. */
    dryRun: z.boolean().optional(),
    /** Name each item and what is done with it, as `written` events. */
    names: z.boolean().optional(),
    /** This set, also when newer ones are known: the server is told. Instead of `set`, `at` and `expect`. */
    acceptOlder: idSchema.optional(),
    wait: waitSchema.optional(),
  })
  .refine(...setOrTime)
  .refine(
    ({ acceptOlder, set, at, expect }) => !acceptOlder || (set ?? at ?? expect) === undefined,
    'acceptOlder names the set: set, at and expect make no sense beside it',
  );
export type RestoreParams = z.infer<typeof restoreParams>;

/** The set that was worked on. */
export const usedSetSchema = z.object({
  set: idSchema,
  chain: idSchema,
  device: idSchema,
  counter: countSchema,
  time: timeSchema,
  /** Its backup file broke off: the set goes as far as the last checkpoint (exit 3). */
  unfinished: z.literal(true).optional(),
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
  /** The newest counter that is known, when an older set was taken because that was said. */
  older: z.object({ counter: countSchema, knownAt: timeSchema }).optional(),
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
    /** Open only so many percent of the items, at random; hashes and signatures are all checked. */
    sample: z
      .strictObject({ percent: z.number().gt(0).max(100), seed: z.string().min(1).max(100).optional() })
      .optional(),
  })
  .refine(...setOrTime)
  .refine(
    ({ structureOnly, sample }) => !structureOnly || !sample,
    'structureOnly opens no items, so there is nothing to take a sample of',
  );
export type VerifyParams = z.infer<typeof verifyParams>;

/** Something that is not as it was stored, or what that costs; the first thousand. */
export const damageSchema = z.object({
  /** What it is, for people. */
  object: z.string(),
  code: z.string(),
  message: z.string(),
  /** Of an item, or of the index of a database. */
  database: z.string().optional(),
  /** Shown uid of an item that cannot be restored. */
  item: z.string().optional(),
  title: z.string().optional(),
});
export type Damage = z.infer<typeof damageSchema>;

export const verifyResult = z.object({
  destination: z.string(),
  set: usedSetSchema,
  /** Counts of what was checked. */
  segments: countSchema,
  /** Items that were opened and compared, and their bytes. */
  items: countSchema,
  bytes: countSchema,
  /** Items in the set, as far as its indexes could be read. */
  listed: countSchema,
  /** When only a share of the items was opened. With the same seed it is the same one again. */
  sample: z.object({ percent: z.number(), seed: z.string() }).optional(),
  freshness: freshnessSchema,
  /** Not empty: exit 6. */
  damaged: z.array(damageSchema),
  damagedCount: countSchema,
});
export type VerifyResult = z.infer<typeof verifyResult>;
