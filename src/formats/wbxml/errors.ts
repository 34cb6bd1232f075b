import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type WbxmlErrorCode =
  /** The bytes end before the root element does. kind `integrity` */
  | 'ERR_WBXML_TRUNCATED'
  /** The bytes do not follow the format. kind `integrity` */
  | 'ERR_WBXML_MALFORMED'
  /** Deeper, longer or more than the reader was told to take. kind `integrity` */
  | 'ERR_WBXML_LIMIT'
  /** WBXML, but a feature, version, character set or vocabulary that is not read here. kind `integrity` */
  | 'ERR_WBXML_UNSUPPORTED'
  /** A tag token that the vocabulary does not have. kind `integrity` */
  | 'ERR_WBXML_UNKNOWN_TAG'
  /** What is to be written has no WBXML form. kind `usage` */
  | 'ERR_WBXML_VALUE';

const kinds: Record<WbxmlErrorCode, FailureKind> = {
  ERR_WBXML_TRUNCATED: 'integrity',
  ERR_WBXML_MALFORMED: 'integrity',
  ERR_WBXML_LIMIT: 'integrity',
  ERR_WBXML_UNSUPPORTED: 'integrity',
  ERR_WBXML_UNKNOWN_TAG: 'integrity',
  ERR_WBXML_VALUE: 'usage',
};

/** Bytes that cannot be read as WBXML, or values that cannot be written as WBXML. Names the byte, never content. */
export class WbxmlError extends BaseError<WbxmlErrorCode> {
  constructor(code: WbxmlErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], `WBXML: ${message}`, options);
  }
}
