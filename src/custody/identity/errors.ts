import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type IdentityErrorCode =
  /** There is one already; it is never written over. kind `usage` */
  | 'ERR_IDENTITY_EXISTS'
  /** The files are open to others than their owner. kind `failed` */
  | 'ERR_IDENTITY_EXPOSED'
  /** The files cannot be read, written, or are not what they should be. kind `failed` */
  | 'ERR_IDENTITY_UNUSABLE';

const kinds: Record<IdentityErrorCode, FailureKind> = {
  ERR_IDENTITY_EXISTS: 'usage',
  ERR_IDENTITY_EXPOSED: 'failed',
  ERR_IDENTITY_UNUSABLE: 'failed',
};

export class IdentityError extends BaseError<IdentityErrorCode> {
  constructor(code: IdentityErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], message, options);
  }
}
