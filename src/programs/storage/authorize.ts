import type { IncomingMessage } from 'node:http';
import { AREA_HEADERS } from '../../api/area/index.ts';
import {
  checkGrantTime,
  type Grant,
  GrantError,
  grantRefused,
  type ProofSubject,
  type Right,
  verifyProof,
} from '../../api/grant/index.ts';
import type { Area } from './areas.ts';
import type { Context } from './context.ts';
import { Refusal } from './errors.ts';

export interface Access {
  readonly area: Area;
  readonly grant: Grant;
  readonly nonce: string | undefined;
}

/**
 * Decides whether a request may be served, in the order of docs/format/area.md, "Order of checks". An unknown
 * area, an unknown issuer and a forged grant get one and the same answer.
 *
 * @param subject what is asked, except for the grant's hash, which is filled in here
 * @throws Refusal, GrantError
 */
export async function authorize(
  context: Context,
  request: IncomingMessage,
  right: Right,
  subject: Omit<ProofSubject, 'grant' | 'nonce'>,
): Promise<Access> {
  const jwt = header(request, AREA_HEADERS.grant);
  const proof = header(request, AREA_HEADERS.proof);
  if (jwt === undefined || proof === undefined) {
    throw new Refusal('ERR_GRANT_REQUIRED', 'this needs a grant of the area and a proof of its key');
  }
  const now = context.clock();
  const area = await context.areas.get(subject.area);
  if (!area) throw grantRefused();
  const grant = await context.grants.verify(jwt, area);
  const { nonce } = await verifyProof(
    proof,
    grant.cnf.jwk,
    grant.device,
    { ...subject, grant: grant.hash },
    now,
  );
  checkGrantTime(grant, now);
  if (await context.ended.hasEnded(area, grant.iss, grant.device)) {
    throw new GrantError('ERR_GRANT_ENDED', "the issuer has ended this device's key");
  }
  // A nonce is for any place of the grant.
  const inside = subject.op === 'nonce' || subject.path.startsWith(grant.prefix);
  if (!grant.rights.includes(right) || !inside) {
    throw new Refusal('ERR_RIGHT_MISSING', `the grant does not give the right to ${right} here`);
  }
  if (right === 'delete' && area.appendOnly) {
    throw new Refusal('ERR_AREA_APPEND_ONLY', 'this area keeps everything: nothing is deleted here');
  }
  return { area, grant, nonce };
}

export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
