/** Whom an envelope is sealed for now, wherever it lies, and whom it is to be sealed for. */
import {
  type EnvelopeHead,
  type Recipient,
  readEnvelope,
  recipientId,
  type Side,
} from '../../crypto/index.ts';
import type { BaseError } from '../../lib/errors.ts';
import type { Custody } from '../../policy/rules/index.ts';
import {
  fetchEnvelope,
  isGone,
  type NamedEnvelope,
  openNamed,
  originalOf,
  type Rewraps,
  type StoredAt,
} from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';

/**
 * Whom what is stored under a custody is to be sealed for; undefined: that is not for this user to say.
 * @throws CryptoError `ERR_NO_KEY`
 */
export type RecipientsFor = (use: {
  readonly custody: Custody;
  readonly side?: Side;
}) => readonly Recipient[] | undefined;

/** One form of an envelope, as it lies there. */
interface Form extends StoredAt, EnvelopeHead {
  readonly bytes: Uint8Array;
  /** It is what the set's own device stored, or what this one has wrapped: nobody else vouches for it. */
  readonly own: boolean;
}

export interface Examined {
  readonly named: NamedEnvelope;
  readonly custody: Custody;
  readonly side?: Side;
  /** The newest first, what the manifests of its chain name last. */
  readonly forms: readonly Form[];
  readonly wanted: readonly Recipient[];
  /** It is sealed for exactly those. */
  readonly fitting: readonly Form[];
  /** Somebody opens it who is not to any more. */
  readonly surplus: readonly Form[];
}

/** @returns undefined when it is not this user's to say who opens it */
export async function examine(
  context: EngineContext,
  named: NamedEnvelope,
  rewraps: Rewraps,
  recipients: RecipientsFor,
): Promise<Examined | undefined> {
  const forms: Form[] = [];
  for (const one of await rewraps.of(named))
    forms.push(...(await formAt(context, one, one.by === context.keys.device)));
  forms.push(...(await formAt(context, originalOf(named), true)));
  const last = forms.at(-1);
  if (!last) throw new BackupError('ERR_MANIFEST', `envelope ${originalOf(named).name} is not there`);
  const { custody } = last;
  const { side } = named.envelope;
  const wanted = recipients({ custody, ...(side && { side }) });
  if (!wanted) return undefined;
  const ids = new Set(
    wanted.map(({ thumbprint }) => recipientId(context.platform, named.keyring, thumbprint)),
  );
  const surplus = forms.filter((form) => form.recipients.some((id) => !ids.has(id)));
  const fitting = forms.filter((form) => !surplus.includes(form) && form.recipients.length === ids.size);
  return { named, custody, ...(side && { side }), forms, wanted, fitting, surplus };
}

async function formAt(context: EngineContext, at: StoredAt, own: boolean): Promise<Form[]> {
  try {
    const bytes = await fetchEnvelope(context, at);
    const { name, number, hash } = at;
    return [{ name, number, hash, bytes, own, ...readEnvelope(bytes, at.name) }];
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/**
 * The keys in the first of some forms that opens, by one operation of a way in. What one device has wrapped wrongly,
 * another form may hold rightly.
 * @throws CryptoError `ERR_NO_KEY`, or what is wrong with one of them
 */
export async function openFirst(
  context: EngineContext,
  { named, forms }: Pick<Examined, 'named' | 'forms'>,
): Promise<Map<string, Uint8Array>> {
  let failed: unknown;
  for (const form of forms) {
    try {
      return await openNamed(context, named, form, form.bytes);
    } catch (error) {
      const { code, kind } = error as Partial<BaseError>;
      if (code !== 'ERR_NO_KEY' && kind !== 'integrity') throw error;
      if (failed === undefined || kind === 'integrity') failed = error;
    }
  }
  throw failed;
}
