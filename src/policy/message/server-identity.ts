/**
 * Server identity: all that a server is known by, derived from one root of 32 bytes that can be exported, so
 * that a rebuilt server is recognised by its devices.
 */
import { fromBase64Url, toBase64Url, utf8 } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';
import {
  type Ed25519Private,
  type Ed25519Public,
  ed25519Private,
  type P256Private,
  type P256Public,
  p256Private,
  thumbprint,
} from './keys.ts';

export interface ServerKeys {
  /** Signs certificates, grants and enrolment answers. */
  readonly identityKey: Ed25519Public;
  /** Requests and reports are sealed to it. */
  readonly receiveKey: P256Public;
}

export interface ServerIdentity {
  /** First 16 bytes of `keyHash`, base64url: `iss` and `aud` of every message. */
  readonly id: string;
  /** Stands in every enrolment code. */
  readonly keyHash: Uint8Array;
  readonly identityKey: Ed25519Private;
  readonly receiveKey: P256Private;
}

export async function deriveServerIdentity(platform: Platform, root: Uint8Array): Promise<ServerIdentity> {
  const identityKey = await ed25519From(expand(platform, root, 'holdfast server identity v1', 32));
  const receiveKey = await p256From(expand(platform, root, 'holdfast server receive v1', 48));
  return { ...(await serverKeyHash(platform, { identityKey, receiveKey })), identityKey, receiveKey };
}

/** The server's key pair for one device (B3). */
export async function derivePolicyKey(
  platform: Platform,
  root: Uint8Array,
  device: string,
): Promise<Ed25519Private> {
  return ed25519From(expand(platform, root, 'holdfast server policy v1', 32, fromBase64Url(device)));
}

/** SHA-256 over the RFC 7638 thumbprints (32 bytes each) of identity key and receive key, and the id made of it. */
export async function serverKeyHash(
  platform: Platform,
  keys: ServerKeys,
): Promise<{ id: string; keyHash: Uint8Array }> {
  const hasher = platform.hasher();
  hasher.update(fromBase64Url(await thumbprint(keys.identityKey)));
  hasher.update(fromBase64Url(await thumbprint(keys.receiveKey)));
  const keyHash = new Uint8Array(hasher.digest());
  return { id: toBase64Url(keyHash.subarray(0, 16)), keyHash };
}

const expand = (
  platform: Platform,
  root: Uint8Array,
  info: string,
  length: number,
  salt: Uint8Array = new Uint8Array(),
) => platform.hkdf(root, salt, utf8(info), length);

/** RFC 8410 §7: a private key without its public half, which the import computes. */
const ED25519_PKCS8 = Uint8Array.fromHex('302e020100300506032b657004220420');
/** RFC 5208 around RFC 5915, likewise without the public half. */
const P256_PKCS8 = Uint8Array.fromHex(
  '3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420',
);
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

async function ed25519From(seed: Uint8Array): Promise<Ed25519Private> {
  const der = new Uint8Array([...ED25519_PKCS8, ...seed]);
  const key = await crypto.subtle.importKey('pkcs8', der, 'Ed25519', true, ['sign']);
  return ed25519Private(await crypto.subtle.exportKey('jwk', key));
}

/** FIPS 186-5 §A.2.1: d = (48 bytes mod (n - 1)) + 1; the bias is below 2^-128. */
async function p256From(bytes: Uint8Array): Promise<P256Private> {
  const d = (BigInt(`0x${bytes.toHex()}`) % (P256_ORDER - 1n)) + 1n;
  const der = new Uint8Array([...P256_PKCS8, ...Uint8Array.fromHex(d.toString(16).padStart(64, '0'))]);
  const algorithm = { name: 'ECDH', namedCurve: 'P-256' };
  const key = await crypto.subtle.importKey('pkcs8', der, algorithm, true, ['deriveBits']);
  return p256Private(await crypto.subtle.exportKey('jwk', key));
}
