import { BaseError, type FailureKind } from '../lib/errors.ts';

export type DestinationErrorCode =
  /** Not reachable, or it failed, after retries. kind `failed` */
  | 'ERR_DESTINATION_UNAVAILABLE'
  /** It answers that there is no room. kind `failed` */
  | 'ERR_DESTINATION_FULL'
  /** It does not accept the grant or the proof of the key. kind `no-key` */
  | 'ERR_DESTINATION_DENIED'
  /** Another object is stored under that name already. kind `integrity` */
  | 'ERR_OBJECT_CONFLICT'
  /** An object that should be there is not. kind `integrity` */
  | 'ERR_OBJECT_MISSING'
  /** An object is there but is not what its name says. kind `integrity` */
  | 'ERR_OBJECT_MALFORMED';

const kinds: Record<DestinationErrorCode, FailureKind> = {
  ERR_DESTINATION_UNAVAILABLE: 'failed',
  ERR_DESTINATION_FULL: 'failed',
  ERR_DESTINATION_DENIED: 'no-key',
  ERR_OBJECT_CONFLICT: 'integrity',
  ERR_OBJECT_MISSING: 'integrity',
  ERR_OBJECT_MALFORMED: 'integrity',
};

export class DestinationError extends BaseError<DestinationErrorCode> {
  constructor(code: DestinationErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], message, options);
  }
}
