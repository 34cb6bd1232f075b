/** Operations on sources: which data of this terminal fills which database. */
import { z } from 'zod';
import { absolutePathSchema, databaseNameSchema, labelSchema, sourceKindSchema } from './values.ts';

export const sourceRowSchema = z.object({
  label: z.string(),
  database: z.string(),
  kind: z.string(),
  path: z.string(),
  /** Patterns of what to leave out, as `.gitignore` writes them. */
  exclude: z.array(z.string()),
});
export type SourceRow = z.infer<typeof sourceRowSchema>;

export const sourceAddParams = z.strictObject({
  database: databaseNameSchema,
  kind: sourceKindSchema,
  path: absolutePathSchema,
  /** Default: the last part of the path; with a number behind it when that is taken. */
  label: labelSchema.optional(),
  exclude: z.array(z.string().min(1).max(4096)).max(1000).optional(),
});

export const sourceListResult = z.object({ sources: z.array(sourceRowSchema) });
export type SourceListResult = z.infer<typeof sourceListResult>;

export const sourceRemoveParams = z.strictObject({ label: labelSchema });
