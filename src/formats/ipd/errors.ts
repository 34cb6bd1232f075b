import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type IpdErrorCode =
  /** The bytes do not begin as an IPD file does. kind `integrity` */
  | 'ERR_IPD_MAGIC'
  /** The file ends within its list of databases. kind `integrity` */
  | 'ERR_IPD_TRUNCATED'
  /** The file is encrypted with a password by the program that made it. kind `failed` */
  | 'ERR_IPD_ENCRYPTED'
  /** Another version of the format than 2. kind `failed` */
  | 'ERR_IPD_VERSION'
  /** The list of databases is longer than the reader was told to take. kind `integrity` */
  | 'ERR_IPD_LIMIT'
  /** What is to be written has no IPD form. kind `usage` */
  | 'ERR_IPD_VALUE';

const kinds: Record<IpdErrorCode, FailureKind> = {
  ERR_IPD_MAGIC: 'integrity',
  ERR_IPD_TRUNCATED: 'integrity',
  ERR_IPD_ENCRYPTED: 'failed',
  ERR_IPD_VERSION: 'failed',
  ERR_IPD_LIMIT: 'integrity',
  ERR_IPD_VALUE: 'usage',
};

/** Bytes that cannot be read as IPD, or values that cannot be written as IPD. Names the byte, never content. */
export class IpdError extends BaseError<IpdErrorCode> {
  constructor(code: IpdErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], `IPD: ${message}`, options);
  }
}
