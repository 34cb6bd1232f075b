import { parseAreaUri } from '../../../api/area/index.ts';
import { keySigner, publicKey, type Signer, signGrant, thumbprint } from '../../../api/grant/index.ts';
import type { AreaGrant, Ed25519Public, ServerIdentity } from '../../../policy/message/index.ts';
import type { Context } from './context.ts';

export interface GrantSubject {
  readonly device: string;
  readonly user: string;
  readonly signingKey: Ed25519Public;
}

/**
 * Access to the storage areas of the rules, bound to the device's key: it may append below its own place and read
 * below its user's, as long as the message that brings the grants is valid. Owner records it may add too: what counts
 * of them is which of the user's keys has signed them.
 */
export async function grantsFor(
  ctx: Pick<Context, 'identity'>,
  subject: GrantSubject,
  areas: readonly string[],
  issuedAt: number,
  expiresAt: number,
): Promise<AreaGrant[]> {
  const { device, user, signingKey } = subject;
  const { sign, issuer } = await issuerOf(ctx.identity);
  return Promise.all(
    areas.map(async (uri) => {
      const common = {
        ...{ issuer, issuedAt, expiresAt },
        device: publicKey(signingKey),
        area: parseAreaUri(uri).area,
      };
      const append = signGrant(sign, { ...common, prefix: `${user}/${device}/`, rights: ['append'] });
      const read = signGrant(sign, { ...common, prefix: `${user}/`, rights: ['read'] });
      const owner = signGrant(sign, { ...common, prefix: `${user}/o/`, rights: ['append'] });
      return { area: uri, append: await append, read: await read, owner: await owner };
    }),
  );
}

interface Issuer {
  readonly sign: Signer;
  /** Thumbprint of its key. */
  readonly issuer: string;
}

/** The key is imported once, and not for each message. */
const issuers = new WeakMap<ServerIdentity, Promise<Issuer>>();

function issuerOf(identity: ServerIdentity): Promise<Issuer> {
  const held = issuers.get(identity);
  if (held) return held;
  const { d: _, ...identityKey } = identity.identityKey;
  const sign = keySigner(identity.identityKey);
  const made = thumbprint(publicKey(identityKey)).then((issuer) => ({ sign, issuer }));
  issuers.set(identity, made);
  return made;
}
