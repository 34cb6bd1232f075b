/** Device channel: the directory of people, and who may read whose share (N11). */
import { z } from 'zod';
import { MAX_GRANT } from '../area/index.ts';
import { databaseNameSchema, ed25519Schema, idSchema, nameSchema, timeSchema } from './values.ts';

/** Longest list of owner records, and the JSON around it. */
const MAX_RECORDS = 512 * 1024;
export const MAX_CARD_BODY = MAX_RECORDS + 1024;

const uri = z.string().min(1).max(2048);
const grant = z.string().min(1).max(MAX_GRANT);

/** The user's owner records, base64url, oldest first. */
export const ownerRecordsSchema = z
  .array(z.string().min(1).max(MAX_RECORDS))
  .min(1)
  .max(1000)
  .refine((all) => all.reduce((sum, one) => sum + one.length, 0) <= MAX_RECORDS, 'are too long');

/** `POST /api/v1/devices/{id}/person`: the device's user, as others may find them. */
export const tellPersonSchema = z.strictObject({ records: ownerRecordsSchema });

/** `POST /api/v1/devices/{id}/people`: who is that? */
export const personQuestionSchema = z.strictObject({
  name: nameSchema,
  /** Random, counts once. */
  nonce: idSchema,
});
export type PersonQuestionBody = z.infer<typeof personQuestionSchema>;

export const personAnswerSchema = z.object({
  /** Compact JWS, see `composePersonEntry`. */
  entry: z.string().min(1).max(4096),
  records: ownerRecordsSchema,
});
export type PersonAnswer = z.infer<typeof personAnswerSchema>;

/** `GET /api/v1/devices/{id}/people`: names only, for people to choose from. */
export const peopleSchema = z.object({ people: z.array(z.object({ name: nameSchema })) });
export type People = z.infer<typeof peopleSchema>;

/** What lies in a share, as rules are asked about it. */
const contentSchema = z.object({
  database: databaseNameSchema,
  class: z.enum(['enterprise', 'personal']),
});

/** `POST /api/v1/devices/{id}/shares`: a share of this device, and whom it is for. Again: renews the access. */
export const registerShareSchema = z.strictObject({
  chain: idSchema,
  /** URI of the area, as the rules name it. */
  area: uri,
  to: z.union([
    /** A user of this server, by any of their devices. */
    z.strictObject({ user: idSchema }),
    /** A device of a person whom the server does not know, by its key. */
    z.strictObject({ key: ed25519Schema }),
  ]),
  content: z.array(contentSchema).min(1).max(2000),
});
export type RegisterShare = z.infer<typeof registerShareSchema>;

/** Grants to read the chain, and the sender's owner records. */
export const shareAccessSchema = z.object({ read: grant, owner: grant, expires: timeSchema });
export type ShareAccess = z.infer<typeof shareAccessSchema>;

/** Access comes at once only for somebody who cannot ask for it. */
export const registeredShareSchema = z.object({ access: shareAccessSchema.optional() });
export type RegisteredShare = z.infer<typeof registeredShareSchema>;

/** `GET /api/v1/devices/{id}/shares`: what others share with the device's user now. */
export const offeredSharesSchema = z.object({
  shares: z.array(
    z.object({
      chain: idSchema,
      /** Whose chain it is. */
      device: idSchema,
      area: uri,
      from: z.object({ user: idSchema, name: nameSchema }),
      created: timeSchema,
    }),
  ),
});
export type OfferedShares = z.infer<typeof offeredSharesSchema>;

/** `POST /api/v1/devices/{id}/shares/access`: by a device of whom it is for. */
export const accessShareSchema = z.strictObject({ device: idSchema, chain: idSchema });

/** `POST /api/v1/devices/{id}/shares/end`: by the device that shares. */
export const endShareSchema = z.strictObject({ chain: idSchema });
