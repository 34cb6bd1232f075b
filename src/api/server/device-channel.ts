/**
 * What devices ask. Messages, reports and enrolments are sealed and signed end to end (`policy/message`): here
 * they are text. `Authorization: Holdfast LOGIN` on all but identity and enrolment.
 */
import { z } from 'zod';
import { MAX_GRANT } from '../area/index.ts';
import { ed25519Schema, idSchema, p256Schema, seqSchema } from './values.ts';

/** Longest report, sealed, and the JSON around it. */
export const MAX_REPORT = 1024 * 1024;
export const MAX_DEVICE_BODY = MAX_REPORT + 1024;

/** Longest sealed part of an enrolment. */
const MAX_ENROLMENT = 32 * 1024;

/** Longest policy message, sealed. */
export const MAX_MESSAGE = 1024 * 1024;

/** `GET /api/v1/identity`: to be checked against the hash in the enrolment code. */
export const identitySchema = z.object({
  id: idSchema,
  identityKey: ed25519Schema,
  receiveKey: p256Schema,
});
export type Identity = z.infer<typeof identitySchema>;

/** `POST /api/v1/enrolments`. The same request gets the same answer. */
export const enrolmentRequestSchema = z.object({
  v: z.literal(1),
  id: idSchema,
  sealed: z.string().min(1).max(MAX_ENROLMENT),
  mac: z.string().min(1).max(100),
});
export type EnrolmentRequestBody = z.infer<typeof enrolmentRequestSchema>;

export const enrolmentAnswerSchema = z.object({
  v: z.literal(1),
  sealed: z.string().min(1).max(MAX_ENROLMENT),
  mac: z.string().min(1).max(100),
});
export type EnrolmentAnswerBody = z.infer<typeof enrolmentAnswerSchema>;

/** `GET /api/v1/devices/{id}/message?after=SEQ`; 204 when nothing is newer. */
export const messageSchema = z.object({
  seq: seqSchema,
  /** Compact JWE, see `acceptMessage`. */
  message: z.string().min(1).max(MAX_MESSAGE),
});
export type MessageBody = z.infer<typeof messageSchema>;

/** `POST /api/v1/devices/{id}/reports`: compact JWE, see `composeReport`. */
export const reportSchema = z.object({ report: z.string().min(1).max(MAX_REPORT) });
export type ReportRequest = z.infer<typeof reportSchema>;

/** `repeated`: it was taken before. `old`: a newer report was taken already, nothing of this one counts. */
export const reportAnswerSchema = z.object({ order: z.enum(['new', 'repeated', 'old']) });
export type ReportAnswer = z.infer<typeof reportAnswerSchema>;

/** `POST /api/v1/devices/{id}/time`: asked by a device whose clock ran ahead. */
export const timeQuestionSchema = z.object({
  /** Random, counts once. */
  nonce: idSchema,
});
export type TimeQuestionBody = z.infer<typeof timeQuestionSchema>;

/** Compact JWS, see `composeTimeAnswer`. */
export const timeAnswerSchema = z.object({ answer: z.string().min(1).max(2048) });
export type TimeAnswerBody = z.infer<typeof timeAnswerSchema>;

/** `POST /api/v1/devices/{id}/grants`: the right to delete below the device's own place of an area, for pruning (U3). */
export const grantRequestSchema = z.strictObject({
  /** URI of the area, as the rules name it. */
  area: z.string().min(1).max(2048),
  right: z.literal('delete'),
});
export type GrantRequest = z.infer<typeof grantRequestSchema>;

export const grantAnswerSchema = z.object({
  /** Compact JWT, valid for some minutes. */
  grant: z.string().min(1).max(MAX_GRANT),
  /** Policy: sets so young, ms before the newest one, are to stay. Absent: the device decides. */
  keep: z.int().positive().optional(),
});
export type GrantAnswer = z.infer<typeof grantAnswerSchema>;

/** Event of `GET /api/v1/devices/{id}/stream`: `event: message`, `id` and `data` both this number. */
export const streamEventSchema = seqSchema;

/**
 * Its field `spread`, where there is one: ms within which all that are told at the same time are to come, each at a
 * time that it draws.
 */
export const spreadSchema = z.int().nonnegative().max(60_000);

/** `GET /healthz` */
export const healthSchema = z.object({ status: z.enum(['ok', 'failing']), version: z.string() });
export type Health = z.infer<typeof healthSchema>;
