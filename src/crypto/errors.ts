import { BaseError, type FailureKind } from '../lib/errors.ts';

export type CryptoErrorCode =
  /** None of the keys here opens it. kind `no-key` */
  | 'ERR_NO_KEY'
  /** Sealed or signed data does not verify. kind `integrity` */
  | 'ERR_NOT_AUTHENTIC'
  /** The opened key is not the one that was committed to. kind `integrity` */
  | 'ERR_COMMITMENT';

const kinds: Record<CryptoErrorCode, FailureKind> = {
  ERR_NO_KEY: 'no-key',
  ERR_NOT_AUTHENTIC: 'integrity',
  ERR_COMMITMENT: 'integrity',
};

export class CryptoError extends BaseError<CryptoErrorCode> {
  constructor(code: CryptoErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], message, options);
  }
}
