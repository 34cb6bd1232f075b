import { WimError } from '../errors.ts';
import type { TokenKey } from './keys.ts';

/** `CKA_ID`s in hexadecimal, where the user says which. */
export interface KeyChoice {
  readonly decipher?: string;
  readonly signature?: string;
}

export const LABELS = { decipher: 'holdfast decipher', signature: 'holdfast signature' } as const;

/** Of a PIV card, as OpenSC and YKCS11 number them: 9D key management, 9C digital signature. */
const PIV = { decipher: '03', signature: '02' } as const;

/**
 * The two keys of a way in: those named; else those that we made; else those of a PIV card; else the only ones that
 * can do what is needed, or nothing else.
 * @throws WimError `ERR_TOKEN_KEY`, `ERR_TOKEN_CANNOT_SIGN`, `ERR_TOKEN_CHOICE`
 */
export function chooseKeys(
  keys: readonly TokenKey[],
  choice: KeyChoice,
): { readonly decipher: TokenKey; readonly signature: TokenKey } {
  const own = keys.filter(({ privateKey }) => privateKey !== undefined);
  const decipher = chooseOne(own.filter(canDecipher), own, 'decipher', choice.decipher, canSign);
  const others = own.filter((key) => canSign(key) && key.id !== decipher.id);
  return { decipher, signature: chooseOne(others, own, 'signature', choice.signature, canDecipher) };
}

function chooseOne(
  fit: readonly TokenKey[],
  all: readonly TokenKey[],
  role: 'decipher' | 'signature',
  named: string | undefined,
  canOther: (key: TokenKey) => boolean,
): TokenKey {
  if (named !== undefined) {
    const found = fit.find(({ id }) => id === named.toLowerCase());
    if (found) return found;
    throw unfit(role, `The key ${named} of the token cannot be the ${role} key`, all);
  }
  if (fit.length === 0) throw unfit(role, `The token has no key that can be the ${role} key`, all);
  const known = fit.find(({ label }) => label === LABELS[role]) ?? fit.find(({ id }) => id === PIV[role]);
  if (known) return known;
  const meant = fit.filter((key) => !canOther(key));
  const [only, ...more] = meant.length > 0 ? meant : fit;
  if (only && more.length === 0) return only;
  throw new WimError('ERR_TOKEN_CHOICE', `Several keys can be the ${role} key; say which: ${listed(fit)}.`);
}

const canDecipher = ({ part, privateKey }: TokenKey): boolean =>
  (part.jwk.kty === 'EC' ? privateKey?.derive : privateKey?.decrypt) ?? false;

const canSign = ({ privateKey }: TokenKey): boolean => privateKey?.sign ?? false;

function unfit(role: 'decipher' | 'signature', what: string, all: readonly TokenKey[]): WimError {
  const there = all.length > 0 ? listed(all) : 'none';
  return role === 'signature'
    ? new WimError(
        'ERR_TOKEN_CANNOT_SIGN',
        `${what}: a way in also signs, with a key of its own (on a PIV card in slot 9C). Keys: ${there}.`,
      )
    : new WimError('ERR_TOKEN_KEY', `${what}: P-256 with ECDH, or RSA of 2048 to 4096 bits. Keys: ${there}.`);
}

const listed = (keys: readonly TokenKey[]): string =>
  keys.map(({ id, label, part }) => `${id} (${label || 'no label'}, ${part.jwk.kty})`).join(', ');
