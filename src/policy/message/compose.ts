/** The server's side of a policy message: compose, sign, seal (B2, B3, B15). */
import { MalformedError } from '../../lib/binary.ts';
import type { Platform } from '../../platform/index.ts';
import { sealTo, signJson } from './envelope.ts';
import { MessageError } from './errors.ts';
import type { Ed25519Private, P256Public } from './keys.ts';
import {
  type AreaGrant,
  type HeldSections,
  MESSAGE_LIMIT,
  POLICY_TYP,
  type PolicyPayload,
  type SectionName,
  type SectionPart,
} from './payload.ts';
import { hashText, nextSequence, type Section } from './sections.ts';

export interface MessageParts {
  /** Id of the server. */
  readonly server: string;
  /** The server's key for this device alone (B3): `derivePolicyKey`. */
  readonly policyKey: Ed25519Private;
  readonly device: string;
  /** The device's newest message key. */
  readonly messageKey: P256Public;
  /** Sequence of the last message to this device; 0 before the first. */
  readonly lastSeq: number;
  readonly now: number;
  /** ms */
  readonly lifetime: number;
  readonly sections: { readonly [S in SectionName]: Section };
  /** As reported last; a section held in this version and hash is sent without its value. */
  readonly held: HeldSections;
  readonly grants: readonly AreaGrant[];
  readonly crit?: readonly string[];
}

export interface ComposedMessage {
  readonly seq: number;
  readonly iat: number;
  readonly exp: number;
  /** Compact JWS: keep it to send the same message again. */
  readonly jws: string;
  /** SHA-256 of the JWS, base64url: what an acknowledgement names. */
  readonly hash: string;
  /** Compact JWE. */
  readonly sealed: string;
}

/** Makes the next message to a device. Store it before it is sent: a sequence is used once. */
export async function composeMessage(platform: Platform, parts: MessageParts): Promise<ComposedMessage> {
  const signed = await signMessage(platform, parts);
  return { ...signed, sealed: await sealMessage(signed.jws, parts.messageKey) };
}

/** The same, not sealed yet. */
export async function signMessage(
  platform: Platform,
  parts: Omit<MessageParts, 'messageKey'>,
): Promise<Omit<ComposedMessage, 'sealed'>> {
  const { now, held, sections } = parts;
  if (!(parts.lifetime > 0)) throw new MalformedError('a policy message without lifetime');
  const part = (name: SectionName): SectionPart => {
    const { version, hash, text } = sections[name];
    const same = held[name]?.version === version && held[name]?.hash === hash;
    return same ? { version, hash } : { version, hash, value: text };
  };
  const payload: PolicyPayload = {
    v: 1,
    iss: parts.server,
    aud: parts.device,
    seq: nextSequence(parts.lastSeq, now),
    iat: now,
    exp: now + parts.lifetime,
    sections: {
      rules: part('rules'),
      encryptionKeys: part('encryptionKeys'),
      decryptionKeys: part('decryptionKeys'),
      commands: part('commands'),
      trust: part('trust'),
    },
    grants: parts.grants,
    ...(parts.crit && { crit: parts.crit }),
  };
  const jws = await signJson(POLICY_TYP, parts.policyKey, payload);
  const { seq, iat, exp } = payload;
  return { seq, iat, exp, jws, hash: hashText(platform, jws) };
}

/** Seals a message once more, to the message key that the device has now. */
export async function sealMessage(jws: string, messageKey: P256Public): Promise<string> {
  const sealed = await sealTo(messageKey, jws);
  if (sealed.length <= MESSAGE_LIMIT) return sealed;
  throw new MessageError(
    'ERR_POLICY_TOO_LARGE',
    `The policy message would have ${sealed.length} bytes, more than ${MESSAGE_LIMIT} that a device accepts. Give the device fewer rules, keys or heads.`,
  );
}
