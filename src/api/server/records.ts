/** Admin API: policy keys (B6) and the audit log. */
import { z } from 'zod';
import { countSchema, databaseNameSchema, idSchema, nameSchema, timeSchema } from './values.ts';

/** What is known of a key without the key. */
export const keySchema = z.object({
  kid: idSchema,
  use: z.enum(['user', 'device', 'database']),
  user: nameSchema,
  device: idSchema.optional(),
  database: z.string().optional(),
  epoch: countSchema,
  /** The highest epoch encrypts; the older ones are kept for decryption. */
  current: z.boolean(),
  created: timeSchema,
});
export type Key = z.infer<typeof keySchema>;

export const keyListSchema = z.object({ keys: z.array(keySchema) });

/** Which keys get a new epoch: the user's own, those of their databases, or that of one device. */
export const rotateKeysSchema = z.discriminatedUnion('use', [
  z.strictObject({ use: z.literal('user'), user: nameSchema }),
  z.strictObject({ use: z.literal('database'), user: nameSchema, database: databaseNameSchema }),
  z.strictObject({ use: z.literal('device'), device: idSchema }),
]);
export type RotateKeys = z.infer<typeof rotateKeysSchema>;

/** One entry; `hash` covers `previous` and everything else, so that none can be altered or dropped unseen. */
export const auditEntrySchema = z.object({
  seq: countSchema,
  time: timeSchema,
  /** `admin`, `device:ID` or `server`. */
  actor: z.string(),
  /** E.g. `policy.apply`. */
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
  previous: z.string(),
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditPageSchema = z.object({
  entries: z.array(auditEntrySchema),
  /** Ask `after` this for the next page; absent on the last one. */
  next: countSchema.optional(),
});
export type AuditPage = z.infer<typeof auditPageSchema>;
