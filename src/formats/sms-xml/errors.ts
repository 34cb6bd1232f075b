import { BaseError } from '../../lib/errors.ts';

export type SmsXmlErrorCode =
  /** The bytes are in an encoding that is not read (UTF-16). */
  | 'ERR_SMS_XML_ENCODING'
  /** It is some other XML, or none. */
  | 'ERR_SMS_XML_FOREIGN';

export class SmsXmlError extends BaseError<SmsXmlErrorCode> {
  constructor(code: SmsXmlErrorCode, message: string, options?: ErrorOptions) {
    super(code, 'failed', message, options);
  }
}
