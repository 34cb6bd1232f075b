import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type DocumentErrorCode =
  /** The bytes are not a document: cut short, altered, or something else. kind `integrity` */
  | 'ERR_DOCUMENT_MALFORMED'
  /** Larger, deeper or with more frames than a document may be. kind `integrity` */
  | 'ERR_DOCUMENT_LIMIT'
  /** What is to be packaged does not fit a document. kind `usage` */
  | 'ERR_DOCUMENT_VALUE';

const kinds: Record<DocumentErrorCode, FailureKind> = {
  ERR_DOCUMENT_MALFORMED: 'integrity',
  ERR_DOCUMENT_LIMIT: 'integrity',
  ERR_DOCUMENT_VALUE: 'usage',
};

/** A document that cannot be read or written. `cause` is the error of the WBXML or XML reader, where there is one. */
export class DocumentError extends BaseError<DocumentErrorCode> {
  constructor(code: DocumentErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], `document: ${message}`, options);
  }
}
