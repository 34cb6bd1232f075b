/**
 * Acceptance of a policy message by a device: the checks in their order, each against what the device holds and
 * one reading of the clock. Nothing is changed here. The caller stores all of the result in one transaction
 * before it acknowledges; until then the old state works on (B3, B7).
 */
import { fromUtf8 } from '../../lib/bytes.ts';
import { parseJson } from '../../lib/shape.ts';
import type { Platform } from '../../platform/index.ts';
import { checkCritical, checkTrust, openSections, readAs } from './accept-sections.ts';
import type { Certificate } from './certificate.ts';
import { checkSigner, keyFor, openWith, verifiedBytes } from './envelope.ts';
import { MessageError } from './errors.ts';
import type { Ed25519Public, P256Private } from './keys.ts';
import { parsePayload } from './parse-payload.ts';
import {
  type AreaGrant,
  type HeldSections,
  MESSAGE_LIMIT,
  POLICY_TYP,
  type PolicyPayload,
  type SectionName,
  type SectionValues,
} from './payload.ts';
import { hashText } from './sections.ts';

/** What enrolment pinned. */
export interface Pinned {
  readonly server: string;
  readonly device: string;
  readonly user: string;
  /** The server's identity key: signs certificates. */
  readonly identityKey: Ed25519Public;
  /** The server's key for this device: signs its policy messages (B3). */
  readonly policyKey: Ed25519Public;
}

/** What the device holds when a message arrives. */
export interface HeldPolicy {
  /** Newest first: the current one and up to two before it. */
  readonly messageKeys: readonly P256Private[];
  /** The message accepted last; absent before the first. */
  readonly last?: { readonly seq: number; readonly hash: string };
  readonly sections: HeldSections;
}

export type OpenedMessage =
  /** The message accepted last, once more: its acknowledgement is sent again. */
  | { readonly kind: 'repeated'; readonly seq: number }
  | {
      readonly kind: 'new';
      readonly seq: number;
      readonly iat: number;
      readonly exp: number;
      /** SHA-256 of the JWS, base64url. */
      readonly hash: string;
      /** The newest message key is used up by this message: the next report brings a fresh one. */
      readonly keyUsed: boolean;
      /** Version and hash of all sections from now on. */
      readonly sections: { readonly [S in SectionName]: { readonly version: number; readonly hash: string } };
      /** Exact texts of the sections that came with a value. */
      readonly texts: { readonly [S in SectionName]?: string };
      readonly values: { readonly [S in SectionName]?: SectionValues[S] };
      /** The verified certificates of `values.trust`. */
      readonly certificates: readonly Certificate[];
      readonly grants: readonly AreaGrant[];
    };

/**
 * Checks a message. @param now one clock reading, never below the highest time seen (Unix ms)
 * @throws MessageError with the code of the first check that fails
 */
export async function openMessage(
  platform: Platform,
  sealed: string,
  pinned: Pinned,
  held: HeldPolicy,
  now: number,
): Promise<OpenedMessage> {
  // 1: size, before anything is decoded.
  if (sealed.length > MESSAGE_LIMIT) {
    throw new MessageError(
      'ERR_POLICY_TOO_LARGE',
      `The policy message is larger than ${MESSAGE_LIMIT} bytes.`,
    );
  }
  // 2: open, with one of the newest keys (B15).
  const { jws, keyUsed } = await unseal(sealed, held);
  // 3: the pinned key and the one algorithm, before either is used.
  await checkSigner(POLICY_TYP, pinned.policyKey, jws).catch((cause: unknown) => {
    throw new MessageError(
      'ERR_POLICY_SIGNER',
      'The policy message is not signed by the key of this enrolment.',
      {
        cause,
      },
    );
  });
  // 4: signature (B3).
  const bytes = await verifiedBytes(pinned.policyKey, jws).catch((cause: unknown) => {
    throw new MessageError('ERR_POLICY_SIGNATURE', 'The signature of the policy message does not verify.', {
      cause,
    });
  });
  const payload = readAs(() => parsePayload(parseJson(bytes, 'the message')), 'ERR_POLICY_MALFORMED');
  // 5: audience, before the sequence of another device could count here.
  checkAudience(payload, pinned);
  // 6: sequence: a repetition, an equivocation, or a rollback.
  const hash = hashText(platform, jws);
  if (isRepeated(payload, hash, held)) return { kind: 'repeated', seq: payload.seq };
  // 7: expiry.
  checkExpiry(payload, now);
  // 8: what must be understood, then the sections.
  checkCritical(payload);
  const { texts, values } = openSections(platform, payload, held.sections);
  const certificates = values.trust ? await checkTrust(values.trust, pinned, payload.seq) : [];

  const { seq, iat, exp, grants, sections } = payload;
  const kept = (name: SectionName) => ({ version: sections[name].version, hash: sections[name].hash });
  return {
    ...{ kind: 'new', seq, iat, exp, hash, keyUsed, texts, values, certificates, grants },
    sections: {
      rules: kept('rules'),
      encryptionKeys: kept('encryptionKeys'),
      decryptionKeys: kept('decryptionKeys'),
      commands: kept('commands'),
      trust: kept('trust'),
    },
  };
}

async function unseal(sealed: string, held: HeldPolicy): Promise<{ jws: string; keyUsed: boolean }> {
  try {
    const key = await keyFor(held.messageKeys, sealed);
    if (key) return { jws: fromUtf8(await openWith(key, sealed)), keyUsed: key === held.messageKeys[0] };
  } catch (cause) {
    throw notForThisKey(cause);
  }
  throw notForThisKey(undefined);
}

const notForThisKey = (cause: unknown) =>
  new MessageError(
    'ERR_POLICY_NOT_FOR_THIS_KEY',
    'The policy message does not open with a key of this device. The server has to send it again to the newest key.',
    { cause },
  );

function checkAudience({ iss, aud, seq }: PolicyPayload, pinned: Pinned): void {
  if (iss === pinned.server && aud === pinned.device) return;
  const what = iss === pinned.server ? 'for another device' : 'from another server';
  throw new MessageError('ERR_POLICY_AUDIENCE', `The policy message is ${what}.`, { seq });
}

function isRepeated({ seq }: PolicyPayload, hash: string, { last }: HeldPolicy): boolean {
  if (!last || seq > last.seq) return false;
  if (seq < last.seq) {
    const what = `The policy message ${seq} is older than ${last.seq}, which was accepted before`;
    throw new MessageError('ERR_POLICY_ROLLBACK', `${what}: replayed, or the server was set back.`, { seq });
  }
  if (hash === last.hash) return true;
  throw new MessageError(
    'ERR_POLICY_EQUIVOCATION',
    `The server made two different policy messages with the sequence ${seq}.`,
    { seq },
  );
}

function checkExpiry({ exp, seq }: PolicyPayload, now: number): void {
  if (now < exp) return;
  const when = new Date(Math.min(exp, 8.64e15)).toISOString();
  throw new MessageError(
    'ERR_POLICY_EXPIRED',
    `The policy message ended at ${when}. Ask the server for a new one.`,
    {
      seq,
    },
  );
}
