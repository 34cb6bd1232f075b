import type { EngineContext, KeyUse } from '../contract.ts';
import type { RecipientList } from './seal-units.ts';

/** Whom custody gives a database and class to (U1). @throws CryptoError `ERR_NO_KEY` */
export function sealedFor({ keys }: Pick<EngineContext, 'keys'>, use: KeyUse): readonly RecipientList[] {
  if (use.custody !== 'all') return [{ recipients: keys.recipients(use) }];
  return (['company', 'user'] as const).map((side) => ({
    side,
    recipients: keys.recipients({ ...use, side }),
  }));
}
