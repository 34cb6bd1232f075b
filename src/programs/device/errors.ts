import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type DeviceErrorCode =
  /** What was asked for makes no sense; the message says what would. kind `usage` */
  | 'ERR_USAGE'
  /** The state directory cannot be used as one. kind `usage` */
  | 'ERR_STATE_DIRECTORY'
  /** The state directory is damaged or cannot be read or written. kind `failed` */
  | 'ERR_STATE'
  /** Another process is at it. kind `failed` */
  | 'ERR_BUSY'
  /** The file of the service is somebody else's, in use, or cannot be written. kind `usage` */
  | 'ERR_SERVICE'
  /** A source by that name exists already, or does not exist. kind `usage` */
  | 'ERR_SOURCE'
  /** Several sets, devices or sources could be meant, or none. kind `usage` */
  | 'ERR_WHICH'
  /** A backup file in which no set is left that could be restored. kind `integrity` */
  | 'ERR_NO_SET'
  /** Policy says no. kind `refused` */
  | 'ERR_REFUSED'
  /** The last accepted policy has expired, and it says to block then. kind `refused` */
  | 'ERR_POLICY_EXPIRED'
  /** Not enrolled. kind `no-key` */
  | 'ERR_NOT_ENROLLED'
  /** Policy names a key that is not here. kind `no-key` */
  | 'ERR_NO_KEY'
  /** The server has ended this device. kind `no-key` */
  | 'ERR_DEVICE_ENDED'
  /** Another user's device: nothing here could open its sets. kind `no-key` */
  | 'ERR_NOT_YOURS'
  /** Somebody is not known yet: their fingerprint has to be compared first. kind `usage` */
  | 'ERR_FINGERPRINT_NEEDED'
  /** The fingerprint is not the one of whom it should be. kind `integrity` */
  | 'ERR_FINGERPRINT'
  /** Policy gives this device no access to that area. kind `no-key` */
  | 'ERR_NO_GRANT'
  /** Enrolled, but the first message has not come yet. kind `failed` */
  | 'ERR_FIRST_MESSAGE'
  /** Stopped before it was done. kind `interrupted` */
  | 'ERR_INTERRUPTED'
  /** Anything nobody thought of. kind `failed` */
  | 'ERR_UNEXPECTED';

const kinds: Record<DeviceErrorCode, FailureKind> = {
  ERR_USAGE: 'usage',
  ERR_STATE_DIRECTORY: 'usage',
  ERR_STATE: 'failed',
  ERR_BUSY: 'failed',
  ERR_SERVICE: 'usage',
  ERR_SOURCE: 'usage',
  ERR_WHICH: 'usage',
  ERR_NO_SET: 'integrity',
  ERR_REFUSED: 'refused',
  ERR_POLICY_EXPIRED: 'refused',
  ERR_NOT_ENROLLED: 'no-key',
  ERR_NO_KEY: 'no-key',
  ERR_DEVICE_ENDED: 'no-key',
  ERR_NOT_YOURS: 'no-key',
  ERR_NO_GRANT: 'no-key',
  ERR_FINGERPRINT_NEEDED: 'usage',
  ERR_FINGERPRINT: 'integrity',
  ERR_FIRST_MESSAGE: 'failed',
  ERR_INTERRUPTED: 'interrupted',
  ERR_UNEXPECTED: 'failed',
};

export class DeviceError extends BaseError<DeviceErrorCode> {
  constructor(code: DeviceErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], message, options);
  }
}

/** Why something could not be read or written, without its path: the message names what was asked for. */
export function reason(cause: unknown): string {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}

const reasons: Partial<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EEXIST: 'there is a file by that name already',
  ENOTDIR: 'a part of the path is no directory',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'nothing can be written there',
  ENOSPC: 'no space is left there',
};

/** Refused by policy: names it, so that the user knows whom to ask (B9). */
export class RefusedError extends DeviceError {
  readonly policy: string;

  constructor(policy: string, message: string) {
    super('ERR_REFUSED', message);
    this.policy = policy;
  }
}
