import { z } from 'zod';
import { isObjectPath, MAX_PAGE } from './names.ts';

/** Header fields of requests and answers, as Node spells them. */
export const AREA_HEADERS = {
  /** The grant: a compact JWT. */
  grant: 'holdfast-grant',
  /** The proof of the device's key for this request: a compact JWS. */
  proof: 'holdfast-proof',
  /** With `POST` of nothing: `delete`, for ways that know no DELETE. */
  op: 'holdfast-op',
  /** In the answer to a deletion: the nonce for the next one. */
  nonce: 'holdfast-nonce',
  digest: 'content-digest',
  reprDigest: 'repr-digest',
} as const;

/** Reserved names, which no object can have: they hold a dot. */
export const NONCE_PATH = '.nonce';
export const ENDED_PATH = '.ended';

/** Longest grant and longest proof, in characters. */
export const MAX_GRANT = 4096;
export const MAX_PROOF = 4096;

/** Longest list of ended keys, in bytes of the JWS. */
export const MAX_ENDED = 1024 * 1024;

const objectPath = z.string().refine(isObjectPath, 'not a path');
const size = z.int().min(0);
const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** What an area answers when an object lies durably in it. */
export const receiptSchema = z.object({ path: objectPath, length: size, digest });
export type Receipt = z.infer<typeof receiptSchema>;

/** One page of a listing, ascending by the bytes of the path; `more` = there are further ones behind the last. */
export const listingSchema = z.object({
  objects: z.array(z.object({ path: objectPath, size })).max(MAX_PAGE),
  more: z.boolean(),
});
export type Listing = z.infer<typeof listingSchema>;

/** A page of {@link MAX_PAGE} longest paths is below this many bytes. */
export const MAX_LISTING = 1024 * 1024;

/** Good for one deletion, until `expires` (Unix ms). */
export const nonceSchema = z.object({ nonce: z.string().regex(/^[A-Za-z0-9_-]{22}$/), expires: z.int() });
export type Nonce = z.infer<typeof nonceSchema>;
