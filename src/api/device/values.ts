/** The small values that several operations share. */
import { z } from 'zod';

/** Characters that would break a line, a terminal or a path. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;

const text = (limit: number) =>
  z
    .string()
    .min(1)
    .max(limit)
    .refine((value) => !CONTROL.test(value), 'must not contain control characters');

/** Random id of 16 bytes: base64url, 22 characters. */
export const idSchema = z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'must be an id of 22 characters');

export const databaseNameSchema = text(255).refine(
  (name) => name !== '*',
  'must be the name of one database',
);

/** How a person calls a source. */
export const labelSchema = text(255);

export const sourceKindSchema = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a kind of source');

export const isAbsolutePath = (value: string): boolean =>
  value.startsWith('/') || /^[A-Za-z]:[\\/]/.test(value);

/** The caller resolves it: the device may run elsewhere. */
export const absolutePathSchema = text(4096).refine(isAbsolutePath, 'must be an absolute path');

/** A uid as `showBytes` shows it, to be read back by `parseShown`. */
export const shownUidSchema = z.string().max(4 * 4096);

/** Where sets lie: the URI of a storage area (http, https), or the absolute path of a backup file. */
export const destinationSchema = text(4096);

/** Unix time in ms. */
export const timeSchema = z.int().nonnegative();

export const countSchema = z.int().nonnegative();

export const itemClassSchema = z.enum(['enterprise', 'personal']);

export const custodySchema = z.enum(['company', 'user', 'any', 'all']);

export const encryptSchema = z.enum(['none', 'user', 'device', 'database']);

/**
 * How old the newest set may be: nothing older than `counter` as far as known at `knownAt`; or it is not known,
 * because no server told a head (U2).
 */
export const freshnessSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('known'), counter: countSchema, knownAt: timeSchema }),
  z.object({ kind: z.literal('unknown') }),
]);
export type Freshness = z.infer<typeof freshnessSchema>;

/**
 * What was left out, and why. `code` is `denied` (a policy; named in `policy`), `skipped` (not to be encrypted,
 * and the policy says skip), or the code of the error that kept it out.
 */
export const leftOutSchema = z.object({
  database: z.string(),
  class: itemClassSchema.optional(),
  /** Label of the source. */
  label: z.string().optional(),
  /** Shown uid; absent when it is the whole database. */
  item: z.string().optional(),
  code: z.string(),
  reason: z.string(),
  policy: z.string().optional(),
});
export type LeftOut = z.infer<typeof leftOutSchema>;

/** Selects what a run works on; absent = everything the policy allows. */
export const selection = {
  databases: z.array(databaseNameSchema).min(1).max(1000).optional(),
  items: z.array(shownUidSchema).min(1).max(10_000).optional(),
};

/** How long to wait for a storage area that goes away on the way, ms (B17); default: two minutes. */
export const waitSchema = z
  .int()
  .nonnegative()
  .max(24 * 3_600_000);
