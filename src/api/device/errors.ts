import { BaseError } from '../../lib/errors.ts';

export type DeviceApiErrorCode =
  /** The answer is not what this API says. */
  | 'ERR_DEVICE_API'
  /** The answer ended before its last event: the agent was stopped. */
  | 'ERR_DEVICE_GONE'
  /** The caller aborted the call. kind `interrupted` */
  | 'ERR_INTERRUPTED';

export class DeviceApiError extends BaseError<DeviceApiErrorCode> {
  constructor(code: DeviceApiErrorCode, message: string, options?: ErrorOptions) {
    super(code, code === 'ERR_INTERRUPTED' ? 'interrupted' : 'failed', message, options);
  }
}
