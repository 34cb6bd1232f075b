import { signBytes } from '../../policy/message/index.ts';
import type { SigningIdentity } from './identity.ts';

/** What the device's key signs for the engine; its other signatures are made where their content is. */
const signable: readonly string[] = ['holdfast-manifest+jws', 'holdfast-proof+jws'];

/** Signs a manifest, or a proof for a storage area: compact JWS (EdDSA), `kid` = RFC 7638 thumbprint. */
export async function signForEngine(
  { signingKey }: SigningIdentity,
  typ: string,
  payload: Uint8Array,
): Promise<string> {
  // Not an oracle: a report, a login or an enrolment cannot be had from here.
  if (!signable.includes(typ)) throw new RangeError(`this key signs no ${typ} here`);
  return signBytes(typ, signingKey, payload);
}
