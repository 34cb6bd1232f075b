/**
 * The second half of an enrolment: the server certifies the device's key and names the key that will sign the
 * device's policy messages; bound to the request, sealed to the device, proven with the secret (B1, B3, B15).
 */
import { MalformedError } from '../../lib/binary.ts';
import { equalBytes, fromUtf8 } from '../../lib/bytes.ts';
import { asHash, asId, asInteger, asObject, asText, parseJson } from '../../lib/shape.ts';
import type { Platform } from '../../platform/index.ts';
import { CERTIFICATE_LIMIT, verifyCertificate } from './certificate.ts';
import type { EnrolmentCode } from './enrolment-code.ts';
import { answerParts, proof, requestHash, sameProof, transcriptCode } from './enrolment-proof.ts';
import {
  type DeviceKeys,
  ENROLMENT_LIMIT,
  ENROLMENT_TYP,
  type EnrolmentRequest,
  type OpenedRequest,
} from './enrolment-request.ts';
import { keyFor, openWith, sealTo, signJson, verifyJws } from './envelope.ts';
import { MessageError } from './errors.ts';
import { type Ed25519Public, ed25519Public, newId, publicOf } from './keys.ts';
import { type ServerIdentity, type ServerKeys, serverKeyHash } from './server-identity.ts';

/** Answer to `POST /api/v1/enrolments`. Stored by the server: the same request gets the same answer. */
export interface EnrolmentAnswer {
  readonly v: 1;
  readonly sealed: string;
  readonly mac: string;
}

export interface AnswerParts {
  readonly request: OpenedRequest;
  readonly user: { readonly id: string; readonly name: string };
  /** The server's key for this device: `derivePolicyKey`. */
  readonly policyKey: Ed25519Public;
  /** Of the device's signing key: `certify`. */
  readonly certificate: string;
  /** Keys to existing history wait until people have compared the transcript code. */
  readonly confirm: boolean;
}

export async function composeEnrolmentAnswer(
  platform: Platform,
  secret: Uint8Array,
  server: ServerIdentity,
  parts: AnswerParts,
  now: number,
): Promise<{ answer: EnrolmentAnswer; transcriptCode: string }> {
  const { request, user, confirm } = parts;
  const jws = await signJson(ENROLMENT_TYP, server.identityKey, {
    v: 1,
    kind: 'answer',
    iss: server.id,
    aud: request.device,
    request: request.hash,
    nonce: newId(platform),
    user: { id: user.id, name: user.name },
    policyKey: publicOf(parts.policyKey),
    certificate: parts.certificate,
    confirm,
    iat: now,
  });
  const sealed = await sealTo(request.messageKey, jws);
  const mac = await proof(platform, secret, 'answer', answerParts(server.keyHash, request.hash, sealed));
  return {
    answer: { v: 1, sealed, mac },
    transcriptCode: transcriptCode(platform, secret, server.keyHash, request.hash, jws),
  };
}

/** What the device pins from now on. */
export interface Enrolment {
  readonly server: { readonly id: string; readonly url: string } & ServerKeys;
  readonly user: { readonly id: string; readonly name: string };
  readonly device: string;
  readonly policyKey: Ed25519Public;
  readonly certificate: string;
  readonly confirm: boolean;
  /** `1234 5678`: compared by people on both sides. */
  readonly transcriptCode: string;
  readonly iat: number;
}

/** Device: checks the answer to its own request. @throws MessageError `ERR_ENROLMENT_ANSWER` */
export async function openEnrolmentAnswer(
  platform: Platform,
  body: unknown,
  request: EnrolmentRequest,
  code: EnrolmentCode,
  server: ServerKeys,
  keys: DeviceKeys,
): Promise<Enrolment> {
  try {
    // 1: form and size.
    const answer = asObject(body, 'the answer');
    if (answer.v !== 1) throw new MalformedError('of another version');
    const sealed = asText(answer.sealed, 'sealed', ENROLMENT_LIMIT);
    // 2: the server that the code names, still.
    const { id, keyHash } = await serverKeyHash(platform, server);
    if (!equalBytes(keyHash, code.keyHash)) throw new MalformedError('by another server');
    // 3: the secret, and this very request.
    const hash = requestHash(platform, keyHash, request.id, request.sealed);
    const expected = await proof(platform, code.secret, 'answer', answerParts(keyHash, hash, sealed));
    if (!sameProof(asHash(answer.mac, 'mac'), expected)) {
      throw new MalformedError('it does not prove the secret of the code for this request');
    }
    // 4: open, and the signature of the server's identity key.
    const key = await keyFor([keys.messageKey], sealed);
    if (!key) throw new MalformedError('it is sealed to another key');
    const jws = fromUtf8(await openWith(key, sealed));
    const from = asObject(parseJson(await verifyJws(ENROLMENT_TYP, server.identityKey, jws), 'it'), 'it');
    // 5: what it says, about this device and request.
    if (from.v !== 1 || from.kind !== 'answer') throw new MalformedError('it is not an answer');
    if (from.iss !== id || from.aud !== keys.device || from.request !== hash) {
      throw new MalformedError('it answers another request');
    }
    const user = asObject(from.user, 'user');
    const enrolment: Enrolment = {
      server: {
        ...{ id, url: code.url },
        identityKey: publicOf(server.identityKey),
        receiveKey: publicOf(server.receiveKey),
      },
      user: { id: asId(user.id, 'id of the user'), name: asText(user.name, 'name of the user', 256) },
      device: keys.device,
      policyKey: ed25519Public(from.policyKey),
      certificate: asText(from.certificate, 'certificate', CERTIFICATE_LIMIT),
      confirm: from.confirm === true,
      transcriptCode: transcriptCode(platform, code.secret, keyHash, hash, jws),
      iat: asInteger(from.iat, 'iat'),
    };
    await checkCertificate(enrolment, keys);
    return enrolment;
  } catch (cause) {
    const why = cause instanceof MalformedError ? cause.message : 'it does not open or verify';
    throw new MessageError(
      'ERR_ENROLMENT_ANSWER',
      `The answer of ${code.url} to the enrolment is refused: ${why}.`,
      {
        cause,
      },
    );
  }
}

async function checkCertificate(enrolment: Enrolment, keys: DeviceKeys): Promise<void> {
  const certificate = await verifyCertificate(enrolment.server.identityKey, enrolment.certificate);
  const { device, user, jwk } = certificate;
  if (device !== keys.device || user !== enrolment.user.id || jwk.x !== keys.signingKey.x) {
    throw new MalformedError('its certificate is not of this device');
  }
}
