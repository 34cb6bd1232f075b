/**
 * The first half of an enrolment: the device sends its public keys, sealed to the server that the code names,
 * signed with its own key and proven with the code's secret (B1, B14).
 */
import { MalformedError } from '../../lib/binary.ts';
import { equalBytes, fromUtf8 } from '../../lib/bytes.ts';
import { asHash, asId, asInteger, asObject, asText, parseJson } from '../../lib/shape.ts';
import type { Platform } from '../../platform/index.ts';
import { type EnrolmentCode, enrolmentId } from './enrolment-code.ts';
import { proof, requestHash, requestParts, sameProof } from './enrolment-proof.ts';
import { keyFor, openWith, sealTo, signJson, verifyJws } from './envelope.ts';
import { MessageError } from './errors.ts';
import {
  type Ed25519Private,
  type Ed25519Public,
  ed25519Public,
  type P256Private,
  type P256Public,
  p256Public,
  publicOf,
} from './keys.ts';
import { type ServerIdentity, type ServerKeys, serverKeyHash } from './server-identity.ts';

export const ENROLMENT_TYP = 'holdfast-enrolment+jws';
/** Characters of the sealed part of a request or an answer, at most. */
export const ENROLMENT_LIMIT = 32 * 1024;

/** What a device says of itself, for the administrator and for classes of devices (B2). */
export interface PlatformInfo {
  /** `linux`, `darwin`, `win32`, `android`, ... */
  readonly os: string;
  /** Name of the machine, for people. */
  readonly name: string;
  /** Version of Holdfast. */
  readonly version: string;
}

/** The keys that a device made for itself before it enrols. */
export interface DeviceKeys {
  /** 16 random bytes, chosen by the device. */
  readonly device: string;
  readonly signingKey: Ed25519Private;
  /** Its first message key. */
  readonly messageKey: P256Private;
}

/** Body of `POST /api/v1/enrolments`. Made once and kept: repeating it is safe, making another is not. */
export interface EnrolmentRequest {
  readonly v: 1;
  /** `enrolmentId` of the code's secret. */
  readonly id: string;
  readonly sealed: string;
  readonly mac: string;
}

/** @throws MessageError `ERR_ENROLMENT_SERVER` when these are not the keys that the code names */
export async function composeEnrolmentRequest(
  platform: Platform,
  code: EnrolmentCode,
  server: ServerKeys,
  keys: DeviceKeys,
  info: PlatformInfo,
  now: number,
): Promise<EnrolmentRequest> {
  const { keyHash } = await serverKeyHash(platform, server);
  if (!equalBytes(keyHash, code.keyHash)) {
    throw new MessageError(
      'ERR_ENROLMENT_SERVER',
      `The server at ${code.url} does not have the keys that the enrolment code names. Nothing was sent to it.`,
    );
  }
  const jws = await signJson(ENROLMENT_TYP, keys.signingKey, {
    v: 1,
    kind: 'request',
    device: keys.device,
    signingKey: publicOf(keys.signingKey),
    messageKey: publicOf(keys.messageKey),
    platform: { os: info.os, name: info.name.slice(0, 256), version: info.version },
    iat: now,
  });
  const sealed = await sealTo(server.receiveKey, jws);
  const id = enrolmentId(platform, code.secret);
  return {
    v: 1,
    id,
    sealed,
    mac: await proof(platform, code.secret, 'request', requestParts(keyHash, id, sealed)),
  };
}

/** The shape of a request's body: `id` finds the secret. @throws MessageError `ERR_ENROLMENT_REQUEST` */
export function parseEnrolmentRequest(body: unknown): EnrolmentRequest {
  try {
    const from = asObject(body, 'the body');
    if (from.v !== 1) throw new MalformedError('of another version');
    const sealed = asText(from.sealed, 'sealed', ENROLMENT_LIMIT);
    return { v: 1, id: asId(from.id, 'id'), sealed, mac: asHash(from.mac, 'mac') };
  } catch (cause) {
    throw refused(cause);
  }
}

export interface OpenedRequest {
  readonly device: string;
  readonly signingKey: Ed25519Public;
  readonly messageKey: P256Public;
  readonly platform: PlatformInfo;
  readonly iat: number;
  /** base64url. The same request has the same hash and gets the stored answer. */
  readonly hash: string;
}

/**
 * Server: opens a request that was made with the secret of its code. @throws MessageError
 * `ERR_ENROLMENT_REQUEST`
 */
export async function openEnrolmentRequest(
  platform: Platform,
  request: EnrolmentRequest,
  secret: Uint8Array,
  server: ServerIdentity,
): Promise<OpenedRequest> {
  const { keyHash } = server;
  const { id, sealed, mac } = request;
  try {
    // 1: the secret, before any work with private keys.
    const expected = await proof(platform, secret, 'request', requestParts(keyHash, id, sealed));
    if (!sameProof(mac, expected)) throw new MalformedError('it was not made with the secret of the code');
    // 2: open.
    const key = await keyFor([server.receiveKey], sealed);
    if (!key) throw new MalformedError('it is sealed to another key');
    const jws = fromUtf8(await openWith(key, sealed));
    // 3: the device holds the key that it wants certified.
    const signingKey = claimedKey(jws);
    const from = asObject(parseJson(await verifyJws(ENROLMENT_TYP, signingKey, jws), 'it'), 'it');
    if (from.v !== 1 || from.kind !== 'request') throw new MalformedError('it is not a request');
    const info = asObject(from.platform, 'platform');
    return {
      device: asId(from.device, 'device'),
      signingKey,
      messageKey: await p256Public(from.messageKey),
      platform: {
        os: asText(info.os, 'os', 64),
        name: asText(info.name, 'name', 256),
        version: asText(info.version, 'version', 64),
      },
      iat: asInteger(from.iat, 'iat'),
      hash: requestHash(platform, keyHash, id, sealed),
    };
  } catch (cause) {
    throw refused(cause);
  }
}

/** The key inside the payload has to be the one that signed: possession is proven, not identity. */
function claimedKey(jws: string): Ed25519Public {
  const part = jws.split('.')[1] ?? '';
  const payload = Uint8Array.fromBase64(part, { alphabet: 'base64url' });
  return ed25519Public(asObject(parseJson(payload, 'it'), 'it').signingKey);
}

function refused(cause: unknown): MessageError {
  const why = cause instanceof MalformedError ? cause.message : 'it does not open or verify';
  return new MessageError('ERR_ENROLMENT_REQUEST', `The enrolment is refused: ${why}.`, { cause });
}
