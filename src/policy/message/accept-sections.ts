/** The last checks of an acceptance: what must be understood, and the sections. */
import { MalformedError } from '../../lib/binary.ts';
import type { Platform } from '../../platform/index.ts';
import { type Certificate, verifyCertificate } from './certificate.ts';
import { MessageError } from './errors.ts';
import type { Ed25519Public } from './keys.ts';
import {
  type HeldSections,
  type PolicyPayload,
  type SectionName,
  type SectionPart,
  type SectionValues,
  sectionNames,
} from './payload.ts';
import { parseSection, understood } from './section-values.ts';
import { hashText } from './sections.ts';

export function checkCritical({ crit = [], seq }: PolicyPayload): void {
  const unknown = crit.filter((name) => !understood.has(name));
  if (unknown.length === 0) return;
  throw new MessageError(
    'ERR_POLICY_CRITICAL',
    `The policy demands what this version does not know (${unknown.join(', ')}). Update Holdfast on this device.`,
    { seq },
  );
}

export function openSections(platform: Platform, payload: PolicyPayload, held: HeldSections) {
  const texts: { [S in SectionName]?: string } = {};
  const values: { [S in SectionName]?: SectionValues[S] } = {};
  const read = <S extends SectionName>(name: S): void => {
    const text = checkSection(platform, name, payload.sections[name], held[name], payload.seq);
    if (text === undefined) return;
    texts[name] = text;
    const value = readAs(() => parseSection(name, text), 'ERR_POLICY_SECTION', payload.seq);
    Object.assign(values, { [name]: value });
  };
  sectionNames.forEach(read);
  return { texts, values };
}

/** Present replaces, absent must match; a version never falls, and stands for one value only. */
function checkSection(
  platform: Platform,
  name: SectionName,
  part: SectionPart,
  held: { readonly version: number; readonly hash: string } | undefined,
  seq: number,
): string | undefined {
  const refuse = (why: string) =>
    new MessageError('ERR_POLICY_SECTION', `Section ${name} of the policy message ${why}.`, { seq });
  const same = held?.version === part.version && held.hash === part.hash;
  if (part.value === undefined) {
    if (same) return undefined;
    throw refuse('is missing, and what is held is another version: the server has to send it whole');
  }
  if (hashText(platform, part.value) !== part.hash) throw refuse('is not what its hash says');
  if (held && part.version < held.version) throw refuse('is older than the one held');
  if (held?.version === part.version && !same) throw refuse('is another value under the version held');
  return part.value;
}

/** Every certificate is the server's and says what the list says, about a device of this user. */
export async function checkTrust(
  trust: SectionValues['trust'],
  pinned: { readonly identityKey: Ed25519Public; readonly user: string },
  seq: number,
): Promise<Certificate[]> {
  const certificates = await Promise.all(
    trust.devices.map((device) =>
      verifyCertificate(pinned.identityKey, device.certificate).then((certificate) => ({
        device,
        certificate,
      })),
    ),
  ).catch((cause: unknown) => {
    throw new MessageError('ERR_POLICY_SECTION', 'Section trust holds a certificate that does not verify.', {
      cause,
      seq,
    });
  });
  for (const { device, certificate } of certificates) {
    if (certificate.device !== device.id || certificate.user !== device.user || device.user !== pinned.user) {
      throw new MessageError('ERR_POLICY_SECTION', 'Section trust names a device that is not of this user.', {
        seq,
      });
    }
  }
  return certificates.map(({ certificate }) => certificate);
}

/** Reads with a parser that throws `MalformedError`, under the code of the check it belongs to. */
export function readAs<T>(
  read: () => T,
  code: 'ERR_POLICY_MALFORMED' | 'ERR_POLICY_SECTION',
  seq?: number,
): T {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof MalformedError ? cause.message : 'malformed';
    throw new MessageError(code, `The policy message cannot be read: ${why}.`, {
      cause,
      ...(seq !== undefined && { seq }),
    });
  }
}
