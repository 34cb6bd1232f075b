import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type ProtectedMemoryErrorCode =
  /** Another enrolment holds this device until its server ends it. kind `usage` */
  | 'ERR_ALREADY_ENROLLED'
  /** No enrolment. kind `no-key` */
  | 'ERR_NOT_ENROLLED'
  /** The server ended this device. kind `no-key` */
  | 'ERR_DEVICE_ENDED'
  /** Enrolled, but no policy message was accepted yet. kind `refused` */
  | 'ERR_NO_POLICY'
  /** The keys of the device are not those that were enrolled. kind `no-key` */
  | 'ERR_OTHER_IDENTITY'
  /** The file cannot be used. kind `failed` */
  | 'ERR_PROTECTED_MEMORY';

const kinds: Record<ProtectedMemoryErrorCode, FailureKind> = {
  ERR_ALREADY_ENROLLED: 'usage',
  ERR_NOT_ENROLLED: 'no-key',
  ERR_DEVICE_ENDED: 'no-key',
  ERR_NO_POLICY: 'refused',
  ERR_OTHER_IDENTITY: 'no-key',
  ERR_PROTECTED_MEMORY: 'failed',
};

export class ProtectedMemoryError extends BaseError<ProtectedMemoryErrorCode> {
  constructor(code: ProtectedMemoryErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], message, options);
  }
}
