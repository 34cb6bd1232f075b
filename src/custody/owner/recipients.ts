/** Who can open (U1): by custody, from the company's key and the user's ways in. */
import type { Recipient, Side } from '../../crypto/index.ts';
import { keyThumbprint, type OwnerRecord } from '../../policy/owner/index.ts';
import type { Custody } from '../../policy/rules/index.ts';

/** @throws CryptoError `ERR_NO_KEY` from the side that has no key */
export function recipientsBy(
  custody: Custody,
  side: Side | undefined,
  of: Readonly<Record<Side, () => readonly Recipient[]>>,
): readonly Recipient[] {
  switch (custody) {
    case 'company':
    case 'user':
      return of[custody]();
    case 'any':
      return [...of.company(), ...of.user()];
    case 'all':
      return side ? of[side]() : [...of.company(), ...of.user()];
  }
}

/** All ways in of the user's. */
export function userRecipients({ ways }: OwnerRecord): Promise<readonly Recipient[]> {
  return Promise.all(
    ways.map(async ({ decipher }): Promise<Recipient> => {
      const thumbprint = await keyThumbprint(decipher);
      return { kind: decipher.kty === 'EC' ? 'ec' : 'rsa', thumbprint, jwk: { ...decipher } };
    }),
  );
}
