/** Operations of sharing between persons (N11): a card, an invitation, and what lies between the two. */
import { z } from 'zod';
import { restoredSchema, usedSetSchema } from './restore.ts';
import { backedUpSchema } from './run.ts';
import {
  absolutePathSchema,
  countSchema,
  destinationSchema,
  freshnessSchema,
  idSchema,
  leftOutSchema,
  selection,
  timeSchema,
} from './values.ts';
import { wayParams } from './way.ts';

/** The text of a card or an invitation. */
const paper = z
  .string()
  .min(1)
  .max(2 * 1024 * 1024);
/** How a person is called. */
const person = z.string().min(1).max(64);
/** As the other person reads it from their screen. */
const fingerprint = z.string().min(1).max(100);
/** Id of a share, or the name of the only person that one is from. */
const share = z.string().min(1).max(64);

/** As a server calls its user. */
const colleague = z.string().min(1).max(128);
/** The server says who the person is; absent where a fingerprint was compared. */
const vouched = z.literal('server').optional();

export const sharePeopleResult = z.object({
  people: z.array(
    z.object({
      name: z.string(),
      /** Known to this device already; otherwise only to the server. */
      known: z.boolean(),
      /** By what it is known who they are. */
      by: z.enum(['fingerprint', 'server']),
    }),
  ),
});
export type SharePeopleResult = z.infer<typeof sharePeopleResult>;

/** Gives what another person needs to share with this one. */
export const shareCardParams = z.strictObject({ name: person });
export const shareCardResult = z.object({
  card: z.string(),
  /** To be read to whoever uses the card. */
  fingerprint: z.string(),
});

export const shareCreateParams = z.strictObject({
  /** Of the person who is invited. */
  card: paper.optional(),
  /** In place of it, on a device of a company: a colleague's name, as the server calls them. */
  user: colleague.optional(),
  /** Of that card; needed when the person is not known yet. */
  fingerprint: fingerprint.optional(),
  /** How this device calls that person; default: as the card says. */
  as: person.optional(),
  /** How the invitation calls the sender. */
  name: person,
  databases: z.array(z.string()).min(1).max(1000),
  items: selection.items,
  /** The storage area; default: the first one. */
  to: destinationSchema.optional(),
  /** Signs the invitation; a colleague needs none. */
  way: wayParams.optional(),
});
export type ShareCreateParams = z.infer<typeof shareCreateParams>;

export const shareUpdateParams = z.strictObject({
  share,
  /** Renews the access: the result has a new invitation. */
  way: wayParams.optional(),
  /** A newer card of the same person. */
  card: paper.optional(),
});

export const sharedResult = z.object({
  share: idSchema,
  /** Whom it is shared with. */
  person: z.string(),
  set: z.object({ counter: countSchema, time: timeSchema }),
  databases: z.array(backedUpSchema),
  leftOut: z.array(leftOutSchema),
  leftOutCount: countSchema,
  complete: z.boolean(),
  vouched,
  /** With a way in at hand: the text that the other person accepts, and the fingerprint that they ask for. */
  invitation: z.object({ text: z.string(), fingerprint: z.string(), expires: timeSchema }).optional(),
});
export type SharedResult = z.infer<typeof sharedResult>;

const rowSchema = z.object({
  share: idSchema,
  /** The other one. */
  person: z.string(),
  area: z.string(),
  /** Until when the access lasts; absent before there was an invitation. */
  expires: timeSchema.optional(),
  /** What was stored, or seen, last. */
  last: z.object({ counter: countSchema, time: timeSchema }).optional(),
});
export const shareListResult = z.object({
  given: z.array(
    rowSchema.extend({
      databases: z.array(z.string()),
      /** How many items were chosen; absent = all of the databases. */
      items: countSchema.optional(),
      /** Own one, as the invitation has it. */
      fingerprint: z.string().optional(),
      /** Access is by the server, and lasts until the share ends. */
      colleague: z.literal(true).optional(),
      ended: timeSchema.optional(),
    }),
  ),
  taken: z.array(rowSchema),
  /** What colleagues share, and was not accepted yet; absent without a server. */
  offered: z.array(z.object({ share: idSchema, person: z.string(), since: timeSchema })).optional(),
});
export type ShareListResult = z.infer<typeof shareListResult>;

export const shareEndParams = z.strictObject({
  share,
  /** With it, what is stored is deleted, where that is allowed. */
  way: wayParams.optional(),
});
export const shareEndResult = z.object({
  share: idSchema,
  person: z.string(),
  /** Objects that were deleted; the others stay. */
  deleted: countSchema,
  /** Why they stay. */
  kept: z.enum(['no-way', 'append-only']).optional(),
  /** Until when the other person can still read what stays; absent when there was no invitation. */
  expires: timeSchema.optional(),
});
export type ShareEndResult = z.infer<typeof shareEndResult>;

export const shareAcceptParams = z.strictObject({
  invitation: paper.optional(),
  /** In place of it, on a device of a company: the id of a share, or the name of the colleague whose it is. */
  offer: z.string().min(1).max(128).optional(),
  /** Of its sender; needed when they are not known yet. */
  fingerprint: fingerprint.optional(),
  /** How this device calls the sender; default: as the invitation says. */
  as: person.optional(),
});
export const shareAcceptResult = z.object({
  share: idSchema,
  person: z.string(),
  set: usedSetSchema,
  /** Absent for a share of a colleague: the server is asked each time. */
  expires: timeSchema.optional(),
  vouched,
});

export const shareRestoreParams = z.strictObject({
  share,
  way: wayParams,
  ...selection,
  /** Write there, one folder per database; otherwise into sources that are labelled `LABEL from PERSON`. */
  into: absolutePathSchema.optional(),
  keepBoth: z.boolean().optional(),
  dryRun: z.boolean().optional(),
});
export type ShareRestoreParams = z.infer<typeof shareRestoreParams>;
export const shareRestoreResult = z.object({
  share: idSchema,
  person: z.string(),
  dryRun: z.boolean(),
  set: usedSetSchema,
  freshness: freshnessSchema,
  databases: z.array(restoredSchema),
  leftOut: z.array(leftOutSchema),
  leftOutCount: countSchema,
  complete: z.boolean(),
});
export type ShareRestoreResult = z.infer<typeof shareRestoreResult>;
