import { z } from 'zod';
import { isAreaId, isPathPrefix, MAX_PAGE, MAX_PROOF } from '../area/index.ts';
import { GrantError } from './errors.ts';
import { openJson, type Signer, signJson } from './jws.ts';
import { type PublicKey, thumbprintSchema } from './keys.ts';

export const PROOF_TYP = 'holdfast-proof+jws';

/** A proof counts for this many ms before and after the time in it. */
export const PROOF_WINDOW = 5 * 60 * 1000;

const hash = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/**
 * What is asked of an area. Not the URL and not the method: gateways rewrite those. Each member that the request
 * has is there, and no other.
 */
const subjectSchema = z.strictObject({
  /** `nonce` asks for a deletion's nonce, `end` brings a list of ended keys (and is signed by its issuer). */
  op: z.enum(['append', 'read', 'list', 'delete', 'nonce', 'end']),
  area: z.string().refine(isAreaId),
  /** Of the object, or the prefix of a listing; empty with `nonce` and `end`. */
  path: z.string().refine(isPathPrefix),
  /** `list`: the query as sent. */
  after: z.string().refine(isPathPrefix).optional(),
  limit: z.int().min(1).max(MAX_PAGE).optional(),
  /** `read`: what stands behind `bytes=` (RFC 9110 §14.1.2): `0-99`, `100-`, `-16`. */
  range: z
    .string()
    .regex(/^(?:[0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})$/)
    .optional(),
  /** `append` and `end`: SHA-256 of the body. */
  digest: hash.optional(),
  /** SHA-256 of the grant as sent; absent with `end`. */
  grant: thumbprintSchema.optional(),
  /** `delete`: the area's nonce. */
  nonce: z
    .string()
    .regex(/^[A-Za-z0-9_-]{22}$/)
    .optional(),
});

export type ProofSubject = z.infer<typeof subjectSchema>;

const proofSchema = subjectSchema.extend({ v: z.literal(1), iat: z.int().min(0) });

/** @returns a compact JWS by the device's key. `now`: Unix ms */
export const signProof = (sign: Signer, subject: ProofSubject, now: number): Promise<string> =>
  signJson(sign, PROOF_TYP, proofSchema.parse({ v: 1, ...subject, iat: now }));

/**
 * Verifies that the holder of `key` (thumbprint `kid`) asks for this and nothing else, now. A nonce is compared by
 * the caller, who knows which are open; the one in the proof is returned.
 *
 * @param subject what the request asks for, without nonce
 * @throws GrantError `ERR_PROOF_REFUSED`, `ERR_PROOF_TIME`
 */
export async function verifyProof(
  jws: string,
  key: PublicKey,
  kid: string,
  subject: Omit<ProofSubject, 'nonce'>,
  now: number,
): Promise<{ readonly nonce: string | undefined }> {
  const value = jws.length <= MAX_PROOF ? await openJson(jws, PROOF_TYP, key, kid) : undefined;
  const { data: proof } = proofSchema.safeParse(value);
  if (!proof) throw proofRefused('it is not one by the key of the grant');
  for (const name of MEMBERS) {
    if (proof[name] !== subject[name]) throw proofRefused(`it is for another ${name}`);
  }
  if ((proof.nonce !== undefined) !== (proof.op === 'delete')) {
    throw proofRefused('a deletion needs a nonce, and nothing else has one');
  }
  if (Math.abs(now - proof.iat) > PROOF_WINDOW) {
    throw new GrantError(
      'ERR_PROOF_TIME',
      `the proof is of ${new Date(proof.iat).toISOString()}, here it is ${new Date(now).toISOString()}: set the clock`,
    );
  }
  return { nonce: proof.nonce };
}

export const proofRefused = (why: string): GrantError =>
  new GrantError('ERR_PROOF_REFUSED', `the proof does not fit the request: ${why}`);

const MEMBERS = ['op', 'area', 'path', 'after', 'limit', 'range', 'digest', 'grant'] as const;
