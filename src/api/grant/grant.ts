import { z } from 'zod';
import { toBase64Url } from '../../lib/bytes.ts';
import { isAreaId, isPlace, MAX_GRANT } from '../area/index.ts';
import { GrantError } from './errors.ts';
import { claimedKid, hashText, openJson, type Signer, signJson } from './jws.ts';
import { type PublicKey, publicKeySchema, thumbprint, thumbprintSchema } from './keys.ts';

export const GRANT_TYP = 'holdfast-grant+jwt';

/** Longest life of a grant, in seconds: 400 days; of one that may delete: 15 minutes. */
export const MAX_LIFETIME = 400 * 24 * 3600;
export const MAX_DELETE_LIFETIME = 15 * 60;

/** How far an issuer's clock may be ahead of the area's, in seconds. */
const ISSUER_SKEW = 5 * 60;

/** A quota is counted for places down to this depth. */
export const MAX_QUOTA_DEPTH = 3;

export const rightSchema = z.enum(['append', 'read', 'delete']);
export type Right = z.infer<typeof rightSchema>;

const seconds = z.int().min(0);

/** The claims of a grant (RFC 7519, RFC 7800). A claim that is not known may be a limit: it is refused. */
const claimsSchema = z
  .strictObject({
    /** Thumbprint of the issuer's key; equals `kid` of the header. */
    iss: thumbprintSchema,
    cnf: z.strictObject({ jwk: publicKeySchema }),
    area: z.string().refine(isAreaId),
    /** The place: rights count for paths that begin with it. */
    prefix: z.string().refine(isPlace),
    rights: z.array(rightSchema).min(1).max(3),
    /** Bytes that may lie under the prefix, whoever put them there. */
    quota: z.int().min(0).optional(),
    iat: seconds,
    exp: seconds,
    jti: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  })
  .refine((claims) => new Set(claims.rights).size === claims.rights.length)
  .refine((claims) => claims.exp > claims.iat && claims.exp - claims.iat <= longest(claims.rights))
  .refine((claims) => claims.quota === undefined || depth(claims.prefix) <= MAX_QUOTA_DEPTH);

export type GrantClaims = z.infer<typeof claimsSchema>;

/** A grant that was verified. */
export interface Grant extends GrantClaims {
  /** SHA-256 of the compact JWT, base64url: what a proof names it by. */
  readonly hash: string;
  /** Thumbprint of the device's key. */
  readonly device: string;
}

export interface GrantInput {
  /** Thumbprint of the issuer's key, which `sign` signs with. */
  readonly issuer: string;
  readonly device: PublicKey;
  readonly area: string;
  readonly prefix: string;
  readonly rights: readonly Right[];
  readonly quota?: number;
  /** Unix ms; cut to seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * Issues a grant.
 *
 * @returns a compact JWT
 * @throws ZodError when no area would accept it: a programming error
 */
export async function signGrant(sign: Signer, input: GrantInput): Promise<string> {
  const claims: GrantClaims = {
    iss: input.issuer,
    cnf: { jwk: input.device },
    area: input.area,
    prefix: input.prefix,
    rights: [...input.rights],
    ...(input.quota === undefined ? {} : { quota: input.quota }),
    iat: Math.floor(input.issuedAt / 1000),
    exp: Math.floor(input.expiresAt / 1000),
    jti: toBase64Url(crypto.getRandomValues(new Uint8Array(16))),
  };
  return signJson(sign, GRANT_TYP, claimsSchema.parse(claims));
}

/**
 * Verifies all of a grant but its time, which changes: {@link checkGrantTime}.
 *
 * @param area id of the area that is asked
 * @param issuers the issuers' keys that this area trusts, by thumbprint
 * @throws GrantError `ERR_GRANT_REFUSED`, one message for every reason: it must not tell a stranger what is there
 */
export async function verifyGrant(
  jwt: string,
  area: string,
  issuers: ReadonlyMap<string, PublicKey>,
): Promise<Grant> {
  const kid = jwt.length <= MAX_GRANT ? claimedKid(jwt) : undefined;
  const key = kid === undefined ? undefined : issuers.get(kid);
  if (kid === undefined || !key) throw grantRefused();
  const { data: claims } = claimsSchema.safeParse(await openJson(jwt, GRANT_TYP, key, kid));
  if (!claims || claims.iss !== kid || claims.area !== area) throw grantRefused();
  return { ...claims, hash: await hashText(jwt), device: await thumbprint(claims.cnf.jwk) };
}

export const grantRefused = (): GrantError =>
  new GrantError('ERR_GRANT_REFUSED', 'this area accepts no such grant; ask its issuer for a new one');

/** @throws GrantError `ERR_GRANT_EXPIRED` */
export function checkGrantTime(grant: Pick<GrantClaims, 'iat' | 'exp'>, now: number): void {
  if (grant.iat > now / 1000 + ISSUER_SKEW || grant.exp <= now / 1000) {
    throw new GrantError(
      'ERR_GRANT_EXPIRED',
      'the grant is not valid at this time; ask its issuer for a new one',
    );
  }
}

const longest = (rights: readonly Right[]): number =>
  rights.includes('delete') ? MAX_DELETE_LIFETIME : MAX_LIFETIME;

const depth = (place: string): number => place.split('/').length - 1;
