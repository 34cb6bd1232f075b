/** Operations of a device that belongs to a person and no server: its owner record, its storage areas (U4, U5). */
import { z } from 'zod';
import { countSchema, destinationSchema, idSchema, timeSchema } from './values.ts';
import { wayParams } from './way.ts';

const nameSchema = z.string().min(1).max(128);

export const initParams = z.strictObject({
  /** What this device is to be called. */
  name: nameSchema,
  /** All ways in of the owner's: each signs. With `from`, one that the owner has already. */
  ways: z.array(wayParams).min(1).max(16),
  /** One way in is enough: no way back is wanted when it is lost. */
  alone: z.literal(true).optional(),
  /** URI of a storage area with the user's place: this device is added to an owner who is there already (N10). */
  from: destinationSchema.optional(),
});
export type InitParams = z.infer<typeof initParams>;

export const ownerResult = z.object({
  user: idSchema,
  /** Of this device. */
  device: idSchema,
  /** Of the owner record. */
  version: countSchema,
  time: timeSchema,
  ways: z.array(
    z.object({
      /** Thumbprint of its signature key. */
      id: z.string(),
      kind: z.enum(['token', 'software', 'phrase']),
      name: z.string(),
      /** Public JWK: an issuer of grants at a storage area. */
      issuer: z.record(z.string(), z.string()),
    }),
  ),
  alone: z.boolean(),
  devices: z.array(
    z.object({ id: idSchema, name: z.string(), state: z.enum(['active', 'ended']), own: z.boolean() }),
  ),
});
export type OwnerResult = z.infer<typeof ownerResult>;

/** 24 new words, which are nowhere else until they are given to `init`. */
export const phraseResult = z.object({ words: z.string() });

export const areaAddParams = z.strictObject({ uri: destinationSchema, way: wayParams });
export const areaNameParams = z.strictObject({ uri: destinationSchema });

export const areaRowSchema = z.object({
  /** With the user's place: what a terminal restores from that has nothing else (N10). */
  uri: z.string(),
  /** Backups go there unless told. */
  first: z.boolean(),
  /** Until when this device has access; adding it again renews that. */
  expires: timeSchema,
});
export type AreaRow = z.infer<typeof areaRowSchema>;
export const areaListResult = z.object({ areas: z.array(areaRowSchema) });
