import { z } from 'zod';
import { toBase64Url, utf8 } from '../../lib/bytes.ts';
import { AREA_HEADERS, ENDED_PATH, formatDigest, isAreaId, MAX_ENDED } from '../area/index.ts';
import { GrantError } from './errors.ts';
import { claimedKid, openJson, type Signer, signJson } from './jws.ts';
import { type PublicKey, thumbprintSchema } from './keys.ts';
import { signProof } from './proof.ts';

export const ENDED_TYP = 'holdfast-ended+jws';

const endedSchema = z.strictObject({
  v: z.literal(1),
  /** Thumbprint of the issuer's key; equals `kid` of the header. */
  iss: thumbprintSchema,
  area: z.string().refine(isAreaId),
  /** Thumbprints of the device keys whose grants by this issuer no longer count. */
  ended: z.array(thumbprintSchema).max(20_000),
  /** Unix ms. A list replaces those of the same issuer with a lower one. */
  iat: z.int().min(0),
});

/** An issuer's list of ended device keys: always the whole list. */
export type EndedKeys = z.infer<typeof endedSchema>;

/** @returns a compact JWS by the issuer's key */
export const signEnded = (sign: Signer, list: Omit<EndedKeys, 'v'>): Promise<string> =>
  signJson(sign, ENDED_TYP, endedSchema.parse({ v: 1, ...list }));

/** @throws GrantError `ERR_ENDED_REFUSED` */
export async function verifyEnded(
  jws: string,
  area: string,
  issuers: ReadonlyMap<string, PublicKey>,
): Promise<EndedKeys> {
  const kid = jws.length <= MAX_ENDED ? claimedKid(jws) : undefined;
  const key = kid === undefined ? undefined : issuers.get(kid);
  if (kid !== undefined && key) {
    const { data: list } = endedSchema.safeParse(await openJson(jws, ENDED_TYP, key, kid));
    if (list && list.iss === kid && list.area === area) return list;
  }
  throw new GrantError('ERR_ENDED_REFUSED', 'not a list of ended keys by an issuer of this area');
}

/**
 * The request that brings a list to its area: `POST` it to `BASE` + `path`. `list.iat` is the time of the proof as
 * well, so it is sent within minutes.
 */
export async function endedRequest(
  sign: Signer,
  list: Omit<EndedKeys, 'v'>,
): Promise<{
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}> {
  const body = new Uint8Array(utf8(await signEnded(sign, list)));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  const subject = { op: 'end', area: list.area, path: '', digest: toBase64Url(hash) } as const;
  const headers = {
    'content-type': 'application/jose',
    [AREA_HEADERS.digest]: formatDigest(hash),
    [AREA_HEADERS.proof]: await signProof(sign, subject, list.iat),
  };
  return { path: `/areas/${list.area}/${ENDED_PATH}`, headers, body };
}
