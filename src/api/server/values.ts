/** The small values that several requests share. */
import { z } from 'zod';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Marks that reorder text: a name could read as another. */
const REORDERS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const plainText = (limit: number) =>
  z
    .string()
    .min(1)
    .max(limit)
    .refine((value) => !CONTROL.test(value), 'must not contain control characters');

/** 16 random bytes: base64url, 22 characters. */
export const idSchema = z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'must be an id of 22 characters');

const readable = (limit: number) =>
  plainText(limit).refine((value) => !REORDERS.test(value), 'must not contain marks that reorder text');

/** Name of a user, group or policy. `.` and `..` would not survive in a URL. */
export const nameSchema = readable(128).refine(
  (name) => name === name.trim() && name !== '.' && name !== '..',
  'must not be `.` or `..`, or begin or end with a space',
);

/** A device class that scopes may name, e.g. `android` or `byod`. */
export const deviceClassSchema = readable(64);

/** Exact database name: whatever the device calls it. */
export const databaseNameSchema = plainText(255).refine((name) => name !== '*', 'must name one database');

/** Unix time in ms. */
export const timeSchema = z.int().nonnegative();

/** Sequence number of a policy message: below 2^52. */
export const seqSchema = z
  .int()
  .nonnegative()
  .max(2 ** 52 - 1);

export const countSchema = z.int().nonnegative();

/** Public keys as JWK (RFC 7517, RFC 8037). */
export const ed25519Schema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().length(43),
});
export const p256Schema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string().length(43),
  y: z.string().length(43),
});
