import { BaseError } from '../../lib/errors.ts';

/** The bytes are in an encoding that this format is never written in (UTF-16). */
export class VObjectError extends BaseError<'ERR_VOBJECT_ENCODING'> {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_VOBJECT_ENCODING', 'failed', message, options);
  }
}
