/** Operations on a user's own keys where a server governs the device (U1). */
import { z } from 'zod';
import { custodySchema } from './values.ts';
import { wayParams } from './way.ts';

const nameSchema = z.string().min(1).max(128);

export const waysUseParams = z.strictObject({
  /** What this device is called in the owner record. */
  name: nameSchema.optional(),
  /** All ways in: each signs. Where records lie in the storage areas already, one that is in them. */
  ways: z.array(wayParams).min(1).max(16),
  /** One way in is enough: no way back is wanted when it is lost. */
  alone: z.literal(true).optional(),
});

export const waysFoundResult = z.object({
  /** Owner records of this user lie in the storage areas. */
  found: z.boolean(),
});

export const consentParams = z.strictObject({
  /** Without one, what is asked is shown. */
  answer: z.enum(['yes', 'no']).optional(),
  databases: z.array(nameSchema).min(1).max(1000).optional(),
});

const letInSchema = custodySchema.or(z.literal('plain'));

export const consentResult = z.object({
  changes: z.array(
    z.object({
      database: z.string(),
      /** Who opens personal data of this database now, and who would. `plain`: everyone. */
      from: letInSchema,
      to: letInSchema,
      /** The policy that wants it. */
      policy: z.string(),
      /** The user said no before. */
      declined: z.boolean(),
      answer: z.enum(['yes', 'no']).optional(),
    }),
  ),
});
export type ConsentResult = z.infer<typeof consentResult>;
