import { CryptoError } from '../../crypto/index.ts';
import type { ItemClass } from '../../database/index.ts';
import { toBase64Url, utf8 } from '../../lib/bytes.ts';
import type { DatabasePlan, EngineContext } from '../contract.ts';
import { listOf, type RecipientList } from './seal-units.ts';
import { sealedFor } from './sealed-for.ts';

const CLASSES: readonly ItemClass[] = ['enterprise', 'personal'];

/**
 * Whom a run seals for, as a hash. A run that broke off is gone on with only while this stays: what it has stored lies
 * under data keys that were never put into an envelope, and for other recipients never will be.
 */
export function sealedTo(context: EngineContext, plans: readonly DatabasePlan[]): string {
  const lines = plans.flatMap((plan) =>
    CLASSES.map((itemClass) => {
      const { database } = plan;
      const { encrypt, custody } = plan.rules(itemClass);
      if (encrypt === 'none') return JSON.stringify([database, itemClass, encrypt]);
      const recipients = recipientsOf(() =>
        sealedFor(context, { database, class: itemClass, encrypt, custody }),
      );
      return JSON.stringify([database, itemClass, encrypt, custody, recipients]);
    }),
  );
  return toBase64Url(context.platform.sha256(utf8([...new Set(lines)].sort().join('\n'))));
}

/** A key that is missing is missed when something is to be sealed for it, and not before. */
function recipientsOf(find: () => readonly RecipientList[]): readonly string[] {
  try {
    return listOf(find());
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'ERR_NO_KEY') return [];
    throw error;
  }
}
