/** A server with one device, made of fixed roots and fresh device keys; used by the tests of this folder. */
import { CompactEncrypt } from 'jose/jwe/compact/encrypt';
import { CompactSign } from 'jose/jws/compact/sign';
import { importJWK } from 'jose/key/import';
import { utf8 } from '../../lib/bytes.ts';
import { nodePlatform } from '../../platform/node.ts';
import {
  certify,
  composeMessage,
  type DeviceKeys,
  derivePolicyKey,
  deriveServerIdentity,
  type Ed25519Private,
  generateMessageKey,
  generateSigningKey,
  type HeldPolicy,
  type MessageParts,
  newId,
  nextSection,
  type P256Public,
  type Pinned,
  publicOf,
  type SectionValues,
  sealMessage,
  thumbprint,
} from './index.ts';

export const platform = nodePlatform;
export const NOW = 1_800_000_000_000;
export const ROOT = new Uint8Array(32).fill(7);
export const id = (): string => newId(platform);

export const rules: SectionValues['rules'] = {
  classify: [],
  databases: { '*': { backup: { value: 'allow', policy: 'all' } } },
  classes: {},
  unencrypted: { value: 'refuse-database', policy: 'default' },
  destinations: [{ area: 'http://127.0.0.1:1/areas/a' }],
  schedule: {},
  retention: {},
  refresh: 3_600_000,
  expires: 86_400_000,
  whenStale: { value: 'block', policy: 'default' },
};

export async function makeDevice(): Promise<DeviceKeys> {
  return { device: id(), signingKey: await generateSigningKey(), messageKey: await generateMessageKey() };
}

export type World = Awaited<ReturnType<typeof makeWorld>>;

export async function makeWorld() {
  const server = await deriveServerIdentity(platform, ROOT);
  const device = await makeDevice();
  const user = id();
  const policyKey = await derivePolicyKey(platform, ROOT, device.device);
  const jwk = publicOf(device.signingKey);
  const certificate = await certify(server.identityKey, { device: device.device, user, jwk, iat: NOW });
  const key = { kid: id(), use: 'user', k: 'A'.repeat(43) } as const;
  const values: SectionValues = {
    rules,
    encryptionKeys: [key],
    decryptionKeys: [key],
    commands: [],
    trust: { devices: [{ id: device.device, user, certificate, state: 'active' }], heads: [], knownAt: NOW },
  };
  const pinned: Pinned = {
    server: server.id,
    device: device.device,
    user,
    identityKey: publicOf(server.identityKey),
    policyKey: publicOf(policyKey),
  };
  const held: HeldPolicy = { messageKeys: [device.messageKey], sections: {} };
  const parts = (changed: Partial<MessageParts> = {}): MessageParts => ({
    server: server.id,
    policyKey,
    device: device.device,
    messageKey: device.messageKey,
    lastSeq: 0,
    now: NOW,
    lifetime: 86_400_000,
    sections: sectionsOf(values),
    held: {},
    grants: [{ area: 'http://127.0.0.1:1/areas/a', append: 'a.b.c', read: 'd.e.f' }],
    ...changed,
  });
  const compose = (changed: Partial<MessageParts> = {}) => composeMessage(platform, parts(changed));
  return { server, device, user, policyKey, certificate, values, pinned, held, parts, compose };
}

export function sectionsOf(values: SectionValues): MessageParts['sections'] {
  return {
    rules: nextSection(platform, 'rules', values.rules, undefined, 1),
    encryptionKeys: nextSection(platform, 'encryptionKeys', values.encryptionKeys, undefined, 1),
    decryptionKeys: nextSection(platform, 'decryptionKeys', values.decryptionKeys, undefined, 1),
    commands: nextSection(platform, 'commands', values.commands, undefined, 1),
    trust: nextSection(platform, 'trust', values.trust, undefined, 1),
  };
}

/** The payload of a composed message, as an object to spoil. */
export const payloadOf = (jws: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;

/** Signs anything with any header, and seals it. */
export async function forge(
  payload: unknown,
  key: Ed25519Private,
  to: P256Public,
  header: Record<string, unknown> = {},
): Promise<string> {
  const jws = await new CompactSign(utf8(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'holdfast-policy+jws', kid: await thumbprint(key), ...header })
    .sign(await importJWK({ ...key }, 'EdDSA'));
  return sealMessage(jws, to);
}

export async function sealWith(
  header: Record<string, unknown>,
  to: P256Public,
  text: string,
): Promise<string> {
  return new CompactEncrypt(utf8(text))
    .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: await thumbprint(to), ...header })
    .encrypt(await importJWK({ ...publicOf(to) }, 'ECDH-ES+A256KW'));
}
