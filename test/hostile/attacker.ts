/**
 * An attacker with real keys: whatever a device of the world holds can be in the wrong hands, and grants can be had
 * from the issuer itself. What stands in the way then is the encryption and the signatures, not the area.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { keySigner, publicKey, signGrant, thumbprint } from '../../src/api/grant/index.ts';
import type { EngineContext, Trust } from '../../src/backup/index.ts';
import { loadIdentity, ProtectedKeys, ProtectedMemory, ProtectedTrust } from '../../src/custody/index.ts';
import { areaDestination } from '../../src/destinations/area/index.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import { deriveServerIdentity } from '../../src/policy/message/index.ts';
import { openState } from '../../src/programs/server/state.ts';
import type { World, WorldDevice } from '../world.ts';

type Signer = ReturnType<typeof keySigner>;

export interface KeyPair {
  readonly publicJwk: Readonly<JsonWebKey>;
  readonly sign: Signer;
}

/** A fresh key that nobody certified. */
export async function freshKey(): Promise<KeyPair> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const { kty, crv, x, d } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  return { publicJwk: { kty, crv, x } as JsonWebKey, sign: keySigner({ kty, crv, x, d } as JsonWebKey) };
}

/** The device's own signing key, out of its state directory. */
export async function stolenKey(device: WorldDevice): Promise<KeyPair> {
  const keys = await loadIdentity(join(device.state, 'identity'));
  if (!keys) throw new Error(`${device.name} has no keys`);
  const { kty, crv, x } = keys.signingKey;
  return { publicJwk: { kty, crv, x } as JsonWebKey, sign: keySigner(keys.signingKey) };
}

/** The key that the server signs grants with. Its state is open to one at a time. */
export async function issuerKey({ server }: World) {
  await server.stop();
  const { db, root } = await openState(server.state, Date.now(), false);
  await db.destroy();
  await server.start();
  return (await deriveServerIdentity(nodePlatform, root)).identityKey;
}

type IssuerKey = Awaited<ReturnType<typeof issuerKey>>;

/** Grants for any place, signed by the issuer and bound to `holder`. */
async function grantsFor(it: World, issuer: IssuerKey, holder: KeyPair, append: string, read: string) {
  const { d: _, ...identity } = issuer;
  const common = {
    issuer: await thumbprint(publicKey(identity)),
    device: publicKey(holder.publicJwk),
    area: it.area.replace(/\/$/, '').split('/').at(-1)!,
    issuedAt: Date.now(),
    expiresAt: Date.now() + 600_000,
  };
  const sign = keySigner(issuer);
  return {
    append: await signGrant(sign, { ...common, prefix: append, rights: ['append'] }),
    read: await signGrant(sign, { ...common, prefix: read, rights: ['read'] }),
  };
}

export interface AttackerWish {
  /** Whose policy keys the attacker has. */
  readonly holds: WorldDevice;
  /** What it signs with, and what its grants are bound to. */
  readonly key: KeyPair;
  /** Id of the user whose place it works in, and the device it claims to be. */
  readonly user: string;
  readonly device: string;
  /** Whom it believes; by default what the device whose keys it has believes. */
  readonly trust?: Trust;
  readonly issuer: IssuerKey;
}

/** The real engine, in the hands of the attacker. To be disposed of. */
export async function attackerEngine(it: World, wish: AttackerWish): Promise<EngineContext & Disposable> {
  const { holds, key, user, device, issuer } = wish;
  const memory = new ProtectedMemory({ file: join(holds.state, 'protected.db'), platform: nodePlatform });
  const identity = await loadIdentity(join(holds.state, 'identity'));
  if (!identity) throw new Error(`${holds.name} has no keys`);
  const own = new ProtectedKeys(memory, identity);
  const grants = await grantsFor(it, issuer, key, `${user}/${device}/`, `${user}/`);
  const keyrings = new Map<string, Uint8Array>();
  return {
    platform: nodePlatform,
    clock: Date.now,
    destination: areaDestination({ uri: it.area, prefix: `${user}/`, grants: () => grants, sign: key.sign }),
    keys: {
      device,
      sign: (typ, payload) => key.sign(typ, payload),
      recipients: (use) => own.recipients(use),
      identities: () => own.identities(),
      keyring: (chain) => keyrings.get(chain),
      keepKeyring: (chain, state) => void keyrings.set(chain, state),
      forgetKeyring: (chain) => void keyrings.delete(chain),
    },
    trust: wish.trust ?? new ProtectedTrust(memory),
    report: () => {},
    signal: new AbortController().signal,
    [Symbol.dispose]: () => memory.close(),
  };
}

export const randomId = (): string => randomBytes(16).toString('base64url');
