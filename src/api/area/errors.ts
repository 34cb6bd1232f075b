import { BaseError } from '../../lib/errors.ts';

/** Someone wrote down an area's URI that is none. */
export class AreaUriError extends BaseError<'ERR_AREA_URI'> {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_AREA_URI', 'usage', message, options);
  }
}
