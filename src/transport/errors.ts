import { BaseError, type FailureKind } from '../lib/errors.ts';

export type TransportErrorCode =
  /** No connection, or it broke, on every try. */
  | 'ERR_TRANSPORT_UNREACHABLE'
  /** Connected, but nothing moved for too long. */
  | 'ERR_TRANSPORT_TIMEOUT'
  /** The answer is longer than the caller takes. */
  | 'ERR_TRANSPORT_TOO_LONG'
  /** The caller's signal ended it. kind `interrupted` */
  | 'ERR_TRANSPORT_ABORTED';

/** There was no answer that could be used. */
export class TransportError extends BaseError<TransportErrorCode> {
  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    const kind: FailureKind = code === 'ERR_TRANSPORT_ABORTED' ? 'interrupted' : 'failed';
    super(code, kind, message, options);
  }
}
