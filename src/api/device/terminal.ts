/** Operations on the terminal itself: who it is, what policy lets it do, enrolment. */
import { z } from 'zod';
import { areaBackupsSchema, scheduleStateSchema } from './schedule.ts';
import {
  countSchema,
  custodySchema,
  encryptSchema,
  idSchema,
  itemClassSchema,
  timeSchema,
} from './values.ts';

export const noParams = z.strictObject({});

/** What the device holds of its policy. */
export const policyStateSchema = z.object({
  seq: countSchema,
  issued: timeSchema,
  expires: timeSchema,
  expired: z.boolean(),
  /** What happens once it has expired: no backup and no restore, or they go on. */
  whenStale: z.enum(['block', 'allow']),
});

export const statusResult = z.object({
  version: z.string(),
  /** `none`: never enrolled. `ended`: the server has ended this device. `owned`: it is a person's, without a server. */
  enrolment: z.enum(['none', 'enrolled', 'ended', 'owned']),
  device: idSchema.optional(),
  user: idSchema.optional(),
  /** As the administrator calls the user. */
  userName: z.string().optional(),
  server: z.string().optional(),
  policy: policyStateSchema.optional(),
  /** URIs of the storage areas that policy names, the first is the default. */
  destinations: z.array(z.string()),
  sources: countSchema,
  /**
   * `account`: keys and state belong to a system account of the agent's own, out of the user's reach (B7).
   * `none`: whoever uses this account can read them.
   */
  protection: z.enum(['none', 'account']),
  /** Is the agent running (`device run`)? */
  agent: z.boolean(),
  /** This device's newest finished set, as this state directory knows it. */
  lastBackup: z
    .object({
      destination: z.string(),
      chain: idSchema,
      set: idSchema,
      counter: countSchema,
      time: timeSchema,
    })
    .optional(),
  /** Once there is a policy: what it says of backups by themselves, and when the next one is. */
  schedule: scheduleStateSchema.optional(),
  /** By storage area; none where nothing was tried yet. */
  backups: z.array(areaBackupsSchema),
  /** The last backup of everything, or the enrolment, when it is longer ago than policy allows (U8). */
  silentSince: timeSchema.optional(),
  /** Reports that the server has not taken yet. */
  unsent: countSchema,
});
export type StatusResult = z.infer<typeof statusResult>;

/** A database and class as the policy decides about it, before anything is read (B9). */
export const databaseRowSchema = z.object({
  /** `*` = every database that no other row names. */
  database: z.string(),
  class: itemClassSchema,
  /** Labels of the sources that fill it. */
  sources: z.array(z.string()),
  available: z.boolean(),
  /** Why not, for people. */
  reason: z.string().optional(),
  /** The policy that decided whether it is available; `default` when none did. */
  policy: z.string(),
  /** Whose key encrypts (B6), and the policy that says so. */
  encrypt: encryptSchema,
  encryptPolicy: z.string(),
  custody: custodySchema,
  custodyPolicy: z.string(),
  /** Who can open it (U10), in words. */
  openedBy: z.array(z.string()),
  /** May a restore write elsewhere than into the native application? */
  into: z.enum(['allow', 'deny']),
  intoPolicy: z.string(),
  /** May it be shared with another person (N11)? */
  share: z.enum(['allow', 'deny']),
  sharePolicy: z.string(),
});
export type DatabaseRow = z.infer<typeof databaseRowSchema>;

export const databasesResult = z.object({
  /** Absent without a server. */
  policy: policyStateSchema.optional(),
  databases: z.array(databaseRowSchema),
});
export type DatabasesResult = z.infer<typeof databasesResult>;

/** The text of the code file; it holds a secret, so never on a command line. */
export const enrolParams = z.strictObject({ code: z.string().min(1).max(8192) });

export const enrolResult = z.object({
  device: idSchema,
  user: idSchema,
  userName: z.string(),
  server: z.string(),
  policy: policyStateSchema,
  /** To be read out to the administrator, who confirms it; keys come only then. */
  confirm: z.string().optional(),
});
export type EnrolResult = z.infer<typeof enrolResult>;

export const refreshResult = z.object({
  /** Was there a newer message? */
  changed: z.boolean(),
  policy: policyStateSchema,
  /** Reports that went out with it, and how many are still waiting. */
  sent: countSchema,
  unsent: countSchema,
});
export type RefreshResult = z.infer<typeof refreshResult>;

export const pingResult = z.object({ version: z.string(), pid: z.int() });
export const stopResult = z.object({ stopping: z.literal(true) });
