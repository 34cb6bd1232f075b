/** What the return values of PKCS#11 functions mean to the one who uses a token. */
import { type TriesLeft, WimError } from '../../errors.ts';

/** Whom to ask what a return value leaves open. */
export interface TokenState {
  pinFlags(): number | undefined;
}

/** `CKR_…`; empty for errors that are not the module's. */
export function nameOf(error: unknown): string {
  const { message } = error as Error;
  return /^CKR_\w+$/.test(message) ? message : '';
}

const GONE: readonly string[] = [
  'CKR_DEVICE_REMOVED',
  'CKR_TOKEN_NOT_PRESENT',
  'CKR_SESSION_HANDLE_INVALID',
  'CKR_SESSION_CLOSED',
  'CKR_SLOT_ID_INVALID',
];

export const isGone = (name: string): boolean => GONE.includes(name);

const UNFIT: readonly string[] = ['CKR_PIN_LEN_RANGE', 'CKR_PIN_INVALID', 'CKR_PIN_TOO_WEAK'];

export function failureOf(token: TokenState, error: unknown): unknown {
  const name = nameOf(error);
  if (name === '') return error;
  const options = { cause: error };
  if (isGone(name))
    return new WimError('ERR_TOKEN_REMOVED', 'The token was removed while it was in use.', options);
  switch (name) {
    case 'CKR_PIN_INCORRECT':
      return wrongPin(triesLeftIn(token.pinFlags() ?? 0) ?? 'unknown', error);
    case 'CKR_PIN_LOCKED':
      return new WimError(
        'ERR_PIN_LOCKED',
        'The PIN is locked. Unblock it with the PUK or as the security officer.',
        options,
      );
    case 'CKR_TOKEN_NOT_RECOGNIZED':
      return new WimError('ERR_TOKEN_OTHER', 'The module does not know this kind of token.', options);
    case 'CKR_USER_PIN_NOT_INITIALIZED':
      return new WimError(
        'ERR_TOKEN_ABSENT',
        'The token has no PIN yet: set it up with the tool of its maker first.',
        options,
      );
    case 'CKR_KEY_FUNCTION_NOT_PERMITTED':
    case 'CKR_KEY_TYPE_INCONSISTENT':
      return new WimError('ERR_TOKEN_KEY', `The key is not made for this (${name}).`, options);
    default:
      if (UNFIT.includes(name))
        return new WimError(
          'ERR_PIN_UNFIT',
          `The token does not accept this as a PIN (${name}): its length or characters.`,
          options,
        );
      return new WimError('ERR_TOKEN_FAILED', `The token or its module failed: ${name}.`, options);
  }
}

const words: Record<TriesLeft, string> = {
  one: 'One more wrong try locks it.',
  few: 'Few tries are left.',
  unknown: 'The token does not say how many tries are left.',
};

const wrongPin = (left: TriesLeft, cause: unknown): WimError =>
  new WimError('ERR_PIN_WRONG', `Wrong PIN. ${words[left]}`, { cause, triesLeft: left });

/** `CKF_USER_PIN_COUNT_LOW`, `…_FINAL_TRY`, `…_LOCKED` (PKCS #11 §3.2). */
const [COUNT_LOW, FINAL_TRY, LOCKED] = [0x1_0000, 0x2_0000, 0x4_0000];

/** What a token's flags say; undefined when they say nothing. */
export const triesLeftIn = (flags: number): TriesLeft | undefined =>
  flags & FINAL_TRY ? 'one' : flags & COUNT_LOW ? 'few' : undefined;

export const isLocked = (flags: number): boolean => (flags & LOCKED) !== 0;
