import type { KeyUse } from '../../../backup/index.ts';
import { CryptoError } from '../../../crypto/index.ts';
import { ProtectedKeys } from '../../../custody/index.ts';
import { compileRules } from '../../../policy/evaluate/index.ts';
import type { Session } from '../channel/index.ts';
import { type Gate, makeGate } from './gate.ts';

/** The gate as the accepted message and its keys make it. */
export function heldGate({ memory, keys }: Session): Gate {
  const holder = new ProtectedKeys(memory, keys);
  const hasKey = (use: KeyUse): boolean => {
    try {
      return holder.recipients(use).length > 0;
    } catch (error) {
      if (error instanceof CryptoError) return false;
      throw error;
    }
  };
  return makeGate(compileRules(memory.rules()), hasKey);
}
