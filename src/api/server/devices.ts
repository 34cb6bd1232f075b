/** Admin API: devices and enrolment codes (B1). */
import { z } from 'zod';
import { countSchema, deviceClassSchema, idSchema, nameSchema, seqSchema, timeSchema } from './values.ts';

/**
 * `pending`: enrolled, but gets no keys until its transcript code is confirmed. `ended`: revoked; it gets one
 * last message, which tells it to forget everything.
 */
export const deviceStateSchema = z.enum(['pending', 'active', 'ended']);
export type DeviceState = z.infer<typeof deviceStateSchema>;

export const deviceSchema = z.object({
  id: idSchema,
  user: nameSchema,
  state: deviceStateSchema,
  /** What the device calls itself. */
  name: z.string(),
  os: z.string(),
  version: z.string(),
  classes: z.array(z.string()),
  enrolled: timeSchema,
  lastSeen: timeSchema,
  ended: timeSchema.optional(),
  /** Whether it holds the stream open now. */
  connected: z.boolean(),
  /** Newest message sent, and newest message that it accepted; 0 when none. */
  sent: seqSchema,
  acknowledged: seqSchema,
  acknowledgedAt: timeSchema.optional(),
  /** It has not accepted its newest message, or policies have changed since that was made. */
  policyPending: z.boolean(),
  /** When its newest set in a storage area was finished, and how long it may be silent, ms; absent: none, and nobody is told. */
  lastBackup: timeSchema.optional(),
  alertAfter: countSchema.optional(),
  /** Its last backup, or its enrolment, when that is longer ago than policy allows. */
  silentSince: timeSchema.optional(),
  /** The last failure it reported, unless it has accepted a message since: the same one, `count` times since then. */
  failure: z
    .object({
      ...{ code: z.string(), seq: seqSchema.optional(), time: timeSchema },
      ...{ since: timeSchema, count: countSchema },
    })
    .optional(),
  /** Names of its databases, as it told them. */
  databases: z.array(z.string()),
  /** Last backup by chain, as reported. */
  heads: z.array(
    z.object({
      ...{ chain: idSchema, counter: countSchema, hash: z.string(), time: timeSchema },
      /** The storage area it lies in. */
      area: idSchema.optional(),
    }),
  ),
  commands: z.array(
    z.object({
      id: idSchema,
      kind: z.string(),
      created: timeSchema,
      acknowledged: timeSchema.optional(),
      result: z.string().optional(),
    }),
  ),
});
export type Device = z.infer<typeof deviceSchema>;

export const deviceListSchema = z.object({ devices: z.array(deviceSchema) });

/** Both sides show the code; `transcript` is what the person at the device reads out. */
export const confirmDeviceSchema = z.strictObject({ transcript: z.string().min(1).max(64) });

const DAY = 24 * 60 * 60 * 1000;

export const makeCodeSchema = z.strictObject({
  user: nameSchema,
  /** What the device will count as, besides its operating system. */
  classes: z.array(deviceClassSchema).max(32).default([]),
  /** ms; a day unless said otherwise, 30 days at most. */
  expiresIn: z
    .int()
    .positive()
    .max(30 * DAY)
    .default(DAY),
  /** Ask for the transcript code before keys are sent. */
  confirm: z.boolean().default(false),
});
export type MakeCode = z.input<typeof makeCodeSchema>;

/** The only answer that holds the code itself: it is not kept in the clear. */
export const madeCodeSchema = z.object({
  id: idSchema,
  code: z.string(),
  user: nameSchema,
  expires: timeSchema,
});
export type MadeCode = z.infer<typeof madeCodeSchema>;

export const codeSchema = z.object({
  id: idSchema,
  user: nameSchema,
  state: z.enum(['open', 'used', 'expired', 'withdrawn']),
  created: timeSchema,
  expires: timeSchema,
  classes: z.array(z.string()),
  device: idSchema.optional(),
});
export type Code = z.infer<typeof codeSchema>;

export const codeListSchema = z.object({ codes: z.array(codeSchema) });
