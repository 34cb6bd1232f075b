import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type ServerErrorCode =
  /** What lies in the state directory cannot be used: unreadable, damaged, of another version. kind `failed` */
  | 'ERR_SERVER_STATE'
  /** Not a directory to keep state in: it holds other things, or is open to others. kind `usage` */
  | 'ERR_SERVER_DIRECTORY'
  /** Sealed data in the database does not open under the master key. kind `integrity` */
  | 'ERR_SERVER_SEAL'
  /** The audit log's chain of hashes is broken. kind `integrity` */
  | 'ERR_AUDIT_BROKEN'
  /** What was asked for makes no sense, or a field is out of its limits. kind `usage` */
  | 'ERR_INVALID_REQUEST'
  /** A user, group, device, code, policy or key of that name is not known. kind `usage` */
  | 'ERR_NOT_FOUND'
  /** That name is taken, or the state does not allow the step. kind `usage` */
  | 'ERR_CONFLICT'
  /** A policy file is not valid; nothing was applied. kind `usage` */
  | 'ERR_POLICY_INVALID'
  /** No valid admin token came with the request. kind `no-key` */
  | 'ERR_NOT_ADMIN'
  /** The device is not enrolled, was revoked, or did not prove its key. kind `no-key` */
  | 'ERR_NOT_AUTHORISED'
  /** A policy does not allow it. kind `refused` */
  | 'ERR_REFUSED'
  /** The enrolment code is unknown, used or expired, or the request was not made with it. kind `no-key` */
  | 'ERR_ENROLMENT_REFUSED'
  /** A report does not open, does not verify, or is for another message. kind `integrity` */
  | 'ERR_REPORT_REFUSED'
  /** Two different manifests with one counter were reported for a chain. kind `integrity` */
  | 'ERR_HEAD_CONFLICT'
  /** Too many failed attempts from one address. kind `refused` */
  | 'ERR_TOO_MANY_ATTEMPTS'
  /** The body is larger than the route takes. kind `usage` */
  | 'ERR_TOO_LARGE'
  /** Too much is asked at once; the answer says when to come again. kind `failed` */
  | 'ERR_BUSY'
  /** The request failed here; the log has more. kind `failed` */
  | 'ERR_INTERNAL';

const kinds: Record<ServerErrorCode, FailureKind> = {
  ERR_SERVER_STATE: 'failed',
  ERR_SERVER_DIRECTORY: 'usage',
  ERR_SERVER_SEAL: 'integrity',
  ERR_AUDIT_BROKEN: 'integrity',
  ERR_INVALID_REQUEST: 'usage',
  ERR_NOT_FOUND: 'usage',
  ERR_CONFLICT: 'usage',
  ERR_POLICY_INVALID: 'usage',
  ERR_NOT_ADMIN: 'no-key',
  ERR_NOT_AUTHORISED: 'no-key',
  ERR_REFUSED: 'refused',
  ERR_ENROLMENT_REFUSED: 'no-key',
  ERR_REPORT_REFUSED: 'integrity',
  ERR_HEAD_CONFLICT: 'integrity',
  ERR_TOO_MANY_ATTEMPTS: 'refused',
  ERR_TOO_LARGE: 'usage',
  ERR_BUSY: 'failed',
  ERR_INTERNAL: 'failed',
};

export class ServerError extends BaseError<ServerErrorCode> {
  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], message, options);
  }
}

/** Too much is asked at once. */
export class BusyError extends ServerError {
  /** Seconds after which to come again. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super('ERR_BUSY', `the server is busy; come again in ${retryAfter} s`);
    this.retryAfter = retryAfter;
  }
}
