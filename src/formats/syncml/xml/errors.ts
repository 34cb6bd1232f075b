import { BaseError } from '../../../lib/errors.ts';

export type XmlErrorCode =
  /** The bytes end before the root element does. */
  | 'ERR_XML_TRUNCATED'
  /** Not well formed. */
  | 'ERR_XML_MALFORMED'
  /** XML, but a feature that is not read here: a document type, a comment, an attribute, another encoding. */
  | 'ERR_XML_UNSUPPORTED'
  /** Deeper or longer than is read here. */
  | 'ERR_XML_LIMIT';

/** Bytes that cannot be read as XML. Names the byte, never content. */
export class XmlError extends BaseError<XmlErrorCode> {
  constructor(code: XmlErrorCode, message: string, options?: ErrorOptions) {
    super(code, 'integrity', `XML: ${message}`, options);
  }
}
