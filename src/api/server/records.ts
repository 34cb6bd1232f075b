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
  /** Taken away from all devices; the server keeps its copy. */
  erased: z.boolean(),
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

/** Which keys devices are to forget: all of the user's devices, now and later, or only these. */
export const eraseKeysSchema = z.strictObject({
  kids: z.array(idSchema).min(1).max(200),
  devices: z.array(idSchema).min(1).max(200).optional(),
});
export interface EraseKeys {
  readonly kids: readonly string[];
  readonly devices?: readonly string[] | undefined;
}

/** How many keys, and how many devices were told; `made` encrypt from now on in place of erased ones. */
export const erasedKeysSchema = z.object({
  keys: countSchema,
  devices: countSchema,
  made: z.array(keySchema),
});
export type ErasedKeys = z.infer<typeof erasedKeysSchema>;

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
