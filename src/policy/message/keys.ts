/** The keys of devices and servers as JWKs (RFC 7517, RFC 8037): exactly these members, nothing else. */
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import { exportJWK } from 'jose/key/export';
import { generateKeyPair } from 'jose/key/generate/keypair';
import { importJWK } from 'jose/key/import';
import { MalformedError } from '../../lib/binary.ts';
import { toBase64Url } from '../../lib/bytes.ts';
import { asBytesText, asObject } from '../../lib/shape.ts';
import type { Platform } from '../../platform/index.ts';

export interface Ed25519Public {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
}

export interface Ed25519Private extends Ed25519Public {
  readonly d: string;
}

export interface P256Public {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

export interface P256Private extends P256Public {
  readonly d: string;
}

/** A random id of 16 bytes, base64url (22 characters). */
export const newId = (platform: Platform): string => toBase64Url(platform.random(16));

/** A fresh Ed25519 key. */
export async function generateSigningKey(): Promise<Ed25519Private> {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return ed25519Private(await exportJWK(pair.privateKey));
}

/** A fresh P-256 key for ECDH. */
export async function generateMessageKey(): Promise<P256Private> {
  const pair = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
  return p256Private(await exportJWK(pair.privateKey));
}

/** Only the public members. */
export function publicOf(key: Ed25519Public): Ed25519Public;
export function publicOf(key: P256Public): P256Public;
export function publicOf(key: Ed25519Public | P256Public): Ed25519Public | P256Public {
  return key.kty === 'EC'
    ? { kty: key.kty, crv: key.crv, x: key.x, y: key.y }
    : { kty: key.kty, crv: key.crv, x: key.x };
}

const thumbprints = new WeakMap<object, Promise<string>>();

/** RFC 7638, SHA-256, base64url: the `kid` of every JWS and JWE of ours. Computed once for each key object. */
export function thumbprint(key: Ed25519Public | P256Public): Promise<string> {
  const known = thumbprints.get(key);
  if (known) return known;
  const made = calculateJwkThumbprint({ ...key }, 'sha256');
  thumbprints.set(key, made);
  return made;
}

/** The public members of an Ed25519 JWK of unknown origin. @throws MalformedError */
export function ed25519Public(value: unknown): Ed25519Public {
  const jwk = asObject(value, 'an Ed25519 key');
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519') throw new MalformedError('not an Ed25519 key');
  return { kty: 'OKP', crv: 'Ed25519', x: asBytesText(jwk.x, 'x of an Ed25519 key', 32) };
}

export function ed25519Private(value: unknown): Ed25519Private {
  const d = asBytesText(asObject(value, 'an Ed25519 key').d, 'd of an Ed25519 key', 32);
  return { ...ed25519Public(value), d };
}

/** The public members of a P-256 JWK of unknown origin; the point still has to be imported to be trusted. */
export function p256Shape(value: unknown): P256Public {
  const jwk = asObject(value, 'a P-256 key');
  if (jwk.kty !== 'EC' || jwk.crv !== 'P-256') throw new MalformedError('not a P-256 key');
  const x = asBytesText(jwk.x, 'x of a P-256 key', 32);
  return { kty: 'EC', crv: 'P-256', x, y: asBytesText(jwk.y, 'y of a P-256 key', 32) };
}

/** The same, and the point lies on the curve. @throws MalformedError */
export async function p256Public(value: unknown): Promise<P256Public> {
  const key = p256Shape(value);
  try {
    await importJWK({ ...key }, 'ECDH-ES');
  } catch (cause) {
    throw new MalformedError('a P-256 key whose point is not on the curve', { cause });
  }
  return key;
}

export function p256Private(value: unknown): P256Private {
  const d = asBytesText(asObject(value, 'a P-256 key').d, 'd of a P-256 key', 32);
  return { ...p256Shape(value), d };
}
