import { WimError } from '../../errors.ts';
import { failureOf, nameOf } from './failures.ts';
import type { Library } from './library.ts';

export function login(library: Library, as: 'user' | 'officer', pin: string | undefined): void {
  const { calls, is, session } = library;
  const who = as === 'user' ? is.CKU_USER : is.CKU_SO;
  library.attempt(() => calls.C_Login(session, who, pin), 'CKR_USER_ALREADY_LOGGED_IN');
}

/**
 * Between the start of an operation and its end, for keys that want the PIN each time (`CKU_CONTEXT_SPECIFIC`).
 * Without a PIN it is for a key that does not.
 */
export function loginForOperation(library: Library, key: Buffer, pin: string | undefined): void {
  const { calls, is, session } = library;
  const type = is.CKA_ALWAYS_AUTHENTICATE;
  const always = library.attempt(
    () => calls.C_GetAttributeValue(session, key, [{ type }])[0]?.value.at(0) === 1,
    'CKR_ATTRIBUTE_TYPE_INVALID',
  );
  if (always) library.call(() => calls.C_Login(session, is.CKU_CONTEXT_SPECIFIC, pin));
}

export function changePin(library: Library, pin: string, next: string): void {
  library.call(() => library.calls.C_SetPIN(library.session, pin, next));
}

/**
 * With the code of the security officer, as PKCS#11 has it; or with a PUK, which modules for smart cards take there
 * or, outside of any login, as the old PIN.
 */
export function unblock(library: Library, code: string, next: string): void {
  const { calls, is, session } = library;
  try {
    calls.C_Login(session, is.CKU_SO, code);
  } catch (cause) {
    if (!NO_OFFICER.includes(nameOf(cause))) throw wrongCode(library, cause);
    unblockByPuk(library, code, next);
    return;
  }
  try {
    calls.C_InitPIN(session, next);
  } catch (reason) {
    throw wrongCode(library, reason);
  }
}

function unblockByPuk(library: Library, puk: string, next: string): void {
  try {
    library.calls.C_SetPIN(library.session, puk, next);
  } catch (cause) {
    // It took the PUK for the PIN, which is locked.
    if (nameOf(cause) === 'CKR_PIN_LOCKED')
      throw new WimError(
        'ERR_PIN_LOCKED',
        'The PIN is locked, and this module does not unblock it. Use the tool of the token (OpenSC: set ' +
          'user_pin_unblock_style = set_pin_in_unlogged_session in opensc.conf).',
        { cause },
      );
    throw wrongCode(library, cause);
  }
}

/** What a module answers for a token without a security officer; OpenSC's for PIV fails in general. */
const NO_OFFICER = [
  'CKR_USER_TYPE_INVALID',
  'CKR_FUNCTION_NOT_SUPPORTED',
  'CKR_USER_PIN_NOT_INITIALIZED',
  'CKR_GENERAL_ERROR',
];

/** A module for cards may only say so when it has taken the code. */
function wrongCode(library: Library, cause: unknown): unknown {
  const name = nameOf(cause);
  if (name === 'CKR_PIN_INCORRECT')
    return new WimError('ERR_PIN_WRONG', 'Wrong PUK, or wrong PIN of the security officer.', {
      cause,
      triesLeft: 'unknown',
    });
  if (name === 'CKR_PIN_LOCKED')
    return new WimError(
      'ERR_PIN_LOCKED',
      'The PUK, or the PIN of the security officer, is locked: this token cannot be unblocked.',
      { cause },
    );
  return failureOf(library, cause);
}
