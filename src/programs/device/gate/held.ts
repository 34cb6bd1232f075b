import type { KeyUse } from '../../../backup/index.ts';
import { CryptoError } from '../../../crypto/index.ts';
import { ProtectedKeys } from '../../../custody/index.ts';
import { compileRules } from '../../../policy/evaluate/index.ts';
import type { Session } from '../channel/index.ts';
import type { Consents, OwnKeys } from '../own-keys/index.ts';
import { type Gate, makeGate, type Question } from './gate.ts';

/** The gate as the accepted message, its keys and the user's own ones make it. */
export function heldGate({ memory, keys }: Session, own: OwnKeys, consents: Consents): Gate {
  const holder = new ProtectedKeys(memory, keys, own.side);
  const hasKey = (use: KeyUse): boolean => {
    try {
      return holder.recipients(use).length > 0;
    } catch (error) {
      if (error instanceof CryptoError) return false;
      throw error;
    }
  };
  return makeGate(compileRules(memory.rules()), hasKey, own.ways, questionOf(consents));
}

const questionOf =
  (consents: Consents): Question =>
  (database, itemClass, decided) => {
    const change = itemClass === 'personal' ? consents.change(database, decided) : undefined;
    if (!change) return undefined;
    const { policy, from, to, declined } = change;
    const who = to === 'plain' ? 'everyone' : 'the company';
    const what = `policy ${policy} wants ${to === 'plain' ? 'it plain' : `custody "${to}"`} instead of "${from}", so that ${who} could open it`;
    const answer = declined ? 'you said no' : 'you have not said yes';
    return { policy, reason: `${what}, and ${answer}; see: holdfast device consent` };
  };
