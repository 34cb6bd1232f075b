import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type WimErrorCode =
  /** The public part of a way in is not one, or its keys are of a kind that cannot be used. kind `usage` */
  | 'ERR_PUBLIC_PART'
  /** A file of this name is there already; keys are never written over. kind `usage` */
  | 'ERR_WIM_EXISTS'
  /** A key file is open to others than its owner. kind `failed` */
  | 'ERR_WIM_EXPOSED'
  /** A key file cannot be read, written, or is not what it should be. kind `failed` */
  | 'ERR_WIM_FILE'
  /** The passphrase is wrong, or the key file was altered. kind `no-key` */
  | 'ERR_PASSPHRASE_WRONG'
  /** A new passphrase is too short. kind `usage` */
  | 'ERR_PASSPHRASE_SHORT'
  /** Not a recovery phrase: number of words, a word, or the check at its end. kind `usage` */
  | 'ERR_PHRASE'
  /** The package `pkcs11js` is not installed. kind `usage` */
  | 'ERR_PKCS11JS_MISSING'
  /** The PKCS#11 module is not there or cannot be loaded. kind `usage` */
  | 'ERR_TOKEN_MODULE'
  /** The process that holds the module ended by itself. kind `failed` */
  | 'ERR_TOKEN_CRASHED'
  /** No token in any slot, or none that holds keys. kind `no-key` */
  | 'ERR_TOKEN_ABSENT'
  /** Several tokens or keys are there: say which. kind `usage` */
  | 'ERR_TOKEN_CHOICE'
  /** This token is not the one that is asked for. kind `no-key` */
  | 'ERR_TOKEN_OTHER'
  /** The token went away while it was in use. kind `failed` */
  | 'ERR_TOKEN_REMOVED'
  /** Wrong PIN; `triesLeft` says what the token tells. kind `no-key` */
  | 'ERR_PIN_WRONG'
  /** The PIN is locked until it is unblocked. kind `no-key` */
  | 'ERR_PIN_LOCKED'
  /** The token does not accept this as a PIN. kind `usage` */
  | 'ERR_PIN_UNFIT'
  /** The token has no key of the kind that is needed. kind `no-key` */
  | 'ERR_TOKEN_KEY'
  /** The token cannot sign with the key that is meant for it. kind `usage` */
  | 'ERR_TOKEN_CANNOT_SIGN'
  /** The token does not make keys, or store certificates, by PKCS#11. kind `usage` */
  | 'ERR_TOKEN_CANNOT_MAKE'
  /** The token or its module failed otherwise. kind `failed` */
  | 'ERR_TOKEN_FAILED';

const kinds: Record<WimErrorCode, FailureKind> = {
  ERR_PUBLIC_PART: 'usage',
  ERR_WIM_EXISTS: 'usage',
  ERR_WIM_EXPOSED: 'failed',
  ERR_WIM_FILE: 'failed',
  ERR_PASSPHRASE_WRONG: 'no-key',
  ERR_PASSPHRASE_SHORT: 'usage',
  ERR_PHRASE: 'usage',
  ERR_PKCS11JS_MISSING: 'usage',
  ERR_TOKEN_MODULE: 'usage',
  ERR_TOKEN_CRASHED: 'failed',
  ERR_TOKEN_ABSENT: 'no-key',
  ERR_TOKEN_CHOICE: 'usage',
  ERR_TOKEN_OTHER: 'no-key',
  ERR_TOKEN_REMOVED: 'failed',
  ERR_PIN_WRONG: 'no-key',
  ERR_PIN_LOCKED: 'no-key',
  ERR_PIN_UNFIT: 'usage',
  ERR_TOKEN_KEY: 'no-key',
  ERR_TOKEN_CANNOT_SIGN: 'usage',
  ERR_TOKEN_CANNOT_MAKE: 'usage',
  ERR_TOKEN_FAILED: 'failed',
};

/** How many more wrong PINs a token takes, as far as it says. */
export type TriesLeft = 'one' | 'few' | 'unknown';

export class WimError extends BaseError<WimErrorCode> {
  /** With `ERR_PIN_WRONG`. */
  readonly triesLeft: TriesLeft | undefined;

  constructor(
    code: WimErrorCode,
    message: string,
    options: ErrorOptions & { readonly triesLeft?: TriesLeft } = {},
  ) {
    super(code, kinds[code], message, options);
    this.triesLeft = options.triesLeft;
  }
}
