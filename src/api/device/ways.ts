/** Operation `ways`: the list of a user's ways in changes, and what is stored is wrapped for it (U5, N4). */
import { z } from 'zod';
import { ownerResult } from './owner.ts';
import { countSchema } from './values.ts';
import { wayParams } from './way.ts';

export const waysParams = z.strictObject({
  /** One that the user has already: it opens and signs. */
  way: wayParams,
  /** A new one; it signs the record that adds it. */
  add: wayParams.optional(),
  /** One that is to go: its name, or how its id begins. With neither, what broke off is completed. */
  remove: z.string().min(1).max(128).optional(),
  /** The one that is left is enough: no way back is wanted when it is lost. */
  alone: z.literal(true).optional(),
});
export type WaysParams = z.infer<typeof waysParams>;

const problemRow = z.object({ what: z.string(), code: z.string(), reason: z.string() });

export const rewrappedArea = z.object({
  /** With the user's place. */
  uri: z.string(),
  /** Envelopes that the user's ways in open; of them wrapped anew now. */
  envelopes: countSchema,
  rewrapped: countSchema,
  /** Envelopes that a way in opens which is gone: deleted; or still there, where nothing is ever deleted. */
  removed: countSchema,
  kept: countSchema,
  /** What could not be wrapped, and what stopped it. */
  left: z.array(problemRow),
});
export type RewrappedArea = z.infer<typeof rewrappedArea>;

export const waysResult = z.object({
  owner: ownerResult,
  /** There is a new owner record. */
  changed: z.boolean(),
  /** The one that went, now or before this broke off. */
  removed: z.object({ id: z.string(), name: z.string() }).optional(),
  areas: z.array(rewrappedArea),
  /** Where a server governs the device nothing is wrapped: the next backup seals everything anew. */
  anew: z.literal(true).optional(),
  /** Everything in all areas is wrapped for the list as it is now; what cannot be deleted stays. */
  complete: z.boolean(),
  /** This device's access was given by a way in that is gone, and goes when the areas no longer trust that one. */
  renew: z.boolean(),
});
export type WaysResult = z.infer<typeof waysResult>;
