import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type OwnerMemoryErrorCode =
  /** This device knows no owner yet. kind `no-key` */
  | 'ERR_NO_OWNER'
  /** It has one already. kind `usage` */
  | 'ERR_OWNER_KNOWN'
  /** The owner record does not list this device, or ends it. kind `no-key` */
  | 'ERR_NOT_OWNERS_DEVICE'
  /** The file cannot be used. kind `failed` */
  | 'ERR_OWNER_MEMORY';

const kinds: Record<OwnerMemoryErrorCode, FailureKind> = {
  ERR_NO_OWNER: 'no-key',
  ERR_OWNER_KNOWN: 'usage',
  ERR_NOT_OWNERS_DEVICE: 'no-key',
  ERR_OWNER_MEMORY: 'failed',
};

export class OwnerMemoryError extends BaseError<OwnerMemoryErrorCode> {
  constructor(code: OwnerMemoryErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], message, options);
  }
}
