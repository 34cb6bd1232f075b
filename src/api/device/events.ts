/** Events: what an operation says while it runs, and its end. */
import { z } from 'zod';
import { problemSchema } from '../problem/index.ts';
import { countSchema, itemClassSchema, timeSchema } from './values.ts';

/** How far it is. Counts are over all databases; totals are there once they are known. */
export const progressEventSchema = z.object({
  kind: z.literal('progress'),
  phase: z.enum(['list', 'backup', 'index', 'restore', 'verify', 'diff', 'rebuild', 'rewrap']),
  database: z.string().optional(),
  items: countSchema,
  bytes: countSchema,
  totalItems: countSchema.optional(),
  totalBytes: countSchema.optional(),
});
export type ProgressEvent = z.infer<typeof progressEventSchema>;

/** Something a person should know that did not stop the operation. */
export const noticeEventSchema = z.object({
  kind: z.literal('notice'),
  code: z.string(),
  message: z.string(),
});
export type NoticeEvent = z.infer<typeof noticeEventSchema>;

/** A row of `ls`: an item of a set. */
export const entryEventSchema = z.object({
  kind: z.literal('entry'),
  database: z.string(),
  class: itemClassSchema,
  /** Label of the source it came from. */
  label: z.string(),
  /** As `showBytes` shows it; `items` of backup and restore takes it back. */
  uid: z.string(),
  title: z.string(),
  type: z.string(),
  time: timeSchema,
  size: countSchema,
  /** Permission bits of a file. */
  mode: countSchema.optional(),
  /** A symbolic link to this (shown) target. */
  link: z.string().optional(),
  directory: z.literal(true).optional(),
});
export type EntryEvent = z.infer<typeof entryEventSchema>;

/** A row of `diff`: an item that is not the same in both sets. */
export const differenceEventSchema = z.object({
  kind: z.literal('difference'),
  change: z.enum(['added', 'changed', 'deleted']),
  database: z.string(),
  class: itemClassSchema,
  label: z.string(),
  /** As `showBytes` shows it. */
  uid: z.string(),
  title: z.string(),
  /** Bytes in the newer set; of a deleted item, in the older one. */
  size: countSchema,
  /** Bytes in the older set; 0 when it is not in it. */
  was: countSchema,
});
export type DifferenceEvent = z.infer<typeof differenceEventSchema>;

/** A row of `restore`: what is done with an item. Nothing is visible before the result says so. */
export const writtenEventSchema = z.object({
  kind: z.literal('written'),
  written: z.enum(['added', 'replaced', 'kept', 'kept-both']),
  database: z.string(),
  class: itemClassSchema,
  /** The source's label, or the folder below `into`. */
  target: z.string(),
  /** As `showBytes` shows it. */
  uid: z.string(),
  title: z.string(),
  size: countSchema,
});
export type WrittenEvent = z.infer<typeof writtenEventSchema>;

export const resultEventSchema = z.object({ kind: z.literal('result'), value: z.unknown() });
export const problemEventSchema = z.object({ kind: z.literal('problem'), problem: problemSchema });

/** Anything a call is answered with; the last one is `result` or `problem`. */
export const deviceEventSchema = z.discriminatedUnion('kind', [
  progressEventSchema,
  noticeEventSchema,
  entryEventSchema,
  differenceEventSchema,
  writtenEventSchema,
  resultEventSchema,
  problemEventSchema,
]);
export type DeviceEvent = z.infer<typeof deviceEventSchema>;

/** What is said before the end. */
export type RunningEvent = ProgressEvent | NoticeEvent | RowEvent;

/** One of many things that an operation lists. */
export type RowEvent = EntryEvent | DifferenceEvent | WrittenEvent;
