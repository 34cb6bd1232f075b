import { BaseError, type FailureKind } from '../lib/errors.ts';

export type SourceErrorCode =
  /** The source is not there or cannot be listed. */
  | 'ERR_SOURCE_UNAVAILABLE'
  /** One item cannot be read. */
  | 'ERR_SOURCE_ITEM_UNREADABLE'
  /** The item changed while it was read. */
  | 'ERR_SOURCE_ITEM_CHANGED'
  /** The data is not what this kind of source reads. */
  | 'ERR_SOURCE_FORMAT'
  /** A restored item has a name that must not be written: absolute, `..`, through a symbolic link. */
  | 'ERR_SOURCE_UNSAFE_NAME'
  /** The source cannot be written. */
  | 'ERR_SOURCE_WRITE';

/** Something is wrong with the data of a native application, or the way to it. */
export class SourceError extends BaseError<SourceErrorCode> {
  constructor(code: SourceErrorCode, message: string, options?: ErrorOptions, kind: FailureKind = 'failed') {
    super(code, kind, message, options);
  }
}
