import { BaseError } from '../lib/errors.ts';

/** What a device remembers of its chains cannot be used. */
export class StateError extends BaseError<'ERR_STATE'> {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_STATE', 'failed', message, options);
  }
}
