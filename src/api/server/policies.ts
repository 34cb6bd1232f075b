/** Admin API: policies (B2). */
import { z } from 'zod';
import { countSchema, idSchema, nameSchema, timeSchema } from './values.ts';

/** Longest policy file, in characters, and how many are taken at once. */
export const MAX_POLICY_FILE = 256 * 1024;
export const MAX_POLICY_FILES = 64;

/** A policy file as written, YAML or JSON, one policy in it. */
export const policyFileSchema = z.strictObject({
  /** For messages: where it came from. */
  file: z.string().min(1).max(4096).default('policy'),
  source: z.string().max(MAX_POLICY_FILE),
});
export type PolicyFile = Readonly<z.input<typeof policyFileSchema>>;

/** They take effect together or not at all. */
export const policyFilesSchema = z.strictObject({
  files: z.array(policyFileSchema).min(1).max(MAX_POLICY_FILES),
});

/** One value that differs: `path` as in the file, e.g. `databases.Messages.custody`. */
export const differenceSchema = z.object({
  path: z.string(),
  /** JSON; absent when it was not there. */
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});
export type Difference = z.infer<typeof differenceSchema>;

export const policyChangeSchema = z.object({
  name: nameSchema,
  /** The version that is current afterwards, or would be. */
  version: countSchema,
  change: z.enum(['added', 'changed', 'unchanged']),
  differences: z.array(differenceSchema),
});
export type PolicyChange = z.infer<typeof policyChangeSchema>;

/** Answer to apply and to diff. */
export const policyChangesSchema = z.object({
  policies: z.array(policyChangeSchema),
  /** Devices that get other rules or keys by it; on diff, that would. */
  devices: countSchema,
});
export type PolicyChanges = z.infer<typeof policyChangesSchema>;

export const policyVersionSchema = z.object({
  name: nameSchema,
  version: countSchema,
  applied: timeSchema,
  state: z.enum(['current', 'past', 'deleted']),
  /** As JSON text, in the form of the file. */
  document: z.string(),
});
export type PolicyVersion = z.infer<typeof policyVersionSchema>;

export const policyListSchema = z.object({ policies: z.array(policyVersionSchema) });

/** Without `devices`: to all. */
export const pushSchema = z.strictObject({ devices: z.array(idSchema).max(100_000).optional() });
export type Push = z.input<typeof pushSchema>;

/** To how many devices. */
export const pushedSchema = z.object({ devices: countSchema });
export type Pushed = z.infer<typeof pushedSchema>;

/** Which value holds for a device, and which policy it came from. */
export const resolvedSchema = z.object({
  device: idSchema,
  user: nameSchema,
  groups: z.array(nameSchema),
  classes: z.array(z.string()),
  databases: z.array(
    z.object({
      /** `*` = every database that no policy names. */
      database: z.string(),
      class: z.enum(['enterprise', 'personal']),
      field: z.string(),
      value: z.string(),
      /** `default` when no policy says anything. */
      policy: z.string(),
      scope: z.enum(['device', 'deviceClass', 'group', 'global']).optional(),
    }),
  ),
  settings: z.array(z.object({ setting: z.string(), value: z.string(), policy: z.string() })),
});
export type Resolved = z.infer<typeof resolvedSchema>;
