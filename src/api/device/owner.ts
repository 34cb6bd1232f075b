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

export const deviceEndParams = z.strictObject({
  /** Its name, or its id. */
  device: z.string().min(1).max(128),
  /** Ids of the last sets that are to count, each of another chain; then no other chain counts. Default: the newest of each. */
  sets: z.array(idSchema).max(100).optional(),
  /** It signs. */
  way: wayParams,
});

export const deviceEndResult = z.object({
  owner: ownerResult,
  /** There is a new owner record; false: the newest said so already. */
  changed: z.boolean(),
  /** What counts of it from now on: how far each of its chains goes. */
  heads: z.array(
    z.object({
      area: z.string(),
      chain: idSchema,
      counter: countSchema,
      time: timeSchema,
      /** Absent when the newest manifest is of no set: one that prunes. */
      set: idSchema.optional(),
    }),
  ),
  /** With the user's place. Not ended: access that this way in gave it goes on until it expires. */
  areas: z.array(z.object({ uri: z.string(), ended: z.boolean(), reason: z.string().optional() })),
});
export type DeviceEndResult = z.infer<typeof deviceEndResult>;

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
