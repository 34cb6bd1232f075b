/** Admin API: users and groups (B1). */
import { z } from 'zod';
import { countSchema, idSchema, nameSchema, timeSchema } from './values.ts';

export const userSchema = z.object({
  id: idSchema,
  name: nameSchema,
  created: timeSchema,
  /** In the server's group order. */
  groups: z.array(nameSchema),
  /** Number of active devices. */
  devices: countSchema,
});
export type User = z.infer<typeof userSchema>;

export const addUserSchema = z.strictObject({ name: nameSchema });
export const userListSchema = z.object({ users: z.array(userSchema) });

export const groupSchema = z.object({
  name: nameSchema,
  created: timeSchema,
  members: z.array(nameSchema),
});
export type Group = z.infer<typeof groupSchema>;

export const addGroupSchema = z.strictObject({ name: nameSchema });

/** In the server's order: where groups disagree, the earlier one decides. */
export const groupListSchema = z.object({ groups: z.array(groupSchema) });

/** Every group, once each. */
export const groupOrderSchema = z.strictObject({ groups: z.array(nameSchema).max(10_000) });
