/**
 * What a checked policy message makes of a compartment, as values: the next state entire, before anything is
 * written.
 */
import {
  type CommandResult,
  MessageError,
  type OpenedMessage,
  type PolicyKey,
  type SectionName,
} from '../../policy/message/index.ts';
import type { Compartment } from './state.ts';

export type NewMessage = Extract<OpenedMessage, { readonly kind: 'new' }>;

export interface Plan {
  readonly message: NewMessage;
  readonly encryptionKeys: readonly PolicyKey[];
  readonly decryptionKeys: readonly PolicyKey[];
  /** Results of all commands that are listed from now on. */
  readonly commands: readonly CommandResult[];
  /** Keys were erased: what they protected on this device goes too. */
  readonly erased: boolean;
  readonly ended: boolean;
}

/**
 * @param listed commands that an earlier message listed and this one does not replace
 * @throws MessageError `ERR_POLICY_SECTION`
 */
export function planAcceptance(held: Compartment, message: NewMessage, listed: readonly Listed[]): Plan {
  const commands = message.values.commands ?? listed;
  const erasures = new Set(commands.flatMap((one) => (one.kind === 'erase-keys' ? one.kids : [])));
  const stays = (key: PolicyKey) => !erasures.has(key.kid);
  // An erasure outweighs a key as long as it is listed, so that no order of sections brings the key back.
  const all = mergeKeys(held.decryptionKeys, message.values.decryptionKeys ?? [], message.seq);
  return {
    message,
    encryptionKeys: (message.values.encryptionKeys ?? held.encryptionKeys).filter(stays),
    decryptionKeys: all.filter(stays),
    commands: commands.map((one) => resultOf(one, held.commands)),
    erased: ![...held.decryptionKeys, ...held.encryptionKeys].every(stays),
    ended: commands.some((one) => one.kind === 'end'),
  };
}

type Listed = NonNullable<NewMessage['values']['commands']>[number];

/** Sections whose texts are kept; keys are kept one by one, so that one can be erased. */
export const keptTexts: readonly SectionName[] = ['rules', 'commands', 'trust'];

/** A new value adds keys and drops none: only an erasure does (design: policy message). */
function mergeKeys(
  held: readonly PolicyKey[],
  sent: readonly PolicyKey[],
  seq: number,
): readonly PolicyKey[] {
  const keys = new Map(held.map((key) => [key.kid, key]));
  for (const key of sent) {
    const known = keys.get(key.kid);
    if (known && material(known) !== material(key)) {
      throw new MessageError(
        'ERR_POLICY_SECTION',
        `Policy key ${key.kid} is another key than the one held.`,
        { seq },
      );
    }
    keys.set(key.kid, key);
  }
  return [...keys.values()];
}

const material = (key: PolicyKey): string =>
  JSON.stringify(key.k ?? [key.jwk?.kty, key.jwk?.x, key.jwk?.y, key.jwk?.n]);

function resultOf(command: Listed, before: readonly CommandResult[]): CommandResult {
  const known = before.find((one) => one.id === command.id);
  return known ?? { id: command.id, result: command.kind === 'unknown' ? 'unknown' : 'done' };
}
