import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type MessageErrorCode =
  /** Larger than a message may be. kind `integrity` */
  | 'ERR_POLICY_TOO_LARGE'
  /** Sealed to a key that is not here (any more). kind `no-key` */
  | 'ERR_POLICY_NOT_FOR_THIS_KEY'
  /** Another signer, algorithm or type than the pinned one. kind `integrity` */
  | 'ERR_POLICY_SIGNER'
  /** The signature does not verify. kind `integrity` */
  | 'ERR_POLICY_SIGNATURE'
  /** Well signed, but not of the form of a policy message. kind `integrity` */
  | 'ERR_POLICY_MALFORMED'
  /** Written by another server, or for another device. kind `integrity` */
  | 'ERR_POLICY_AUDIENCE'
  /** Older than the message accepted last. kind `integrity` */
  | 'ERR_POLICY_ROLLBACK'
  /** Two different messages with one sequence number. kind `integrity` */
  | 'ERR_POLICY_EQUIVOCATION'
  /** Its time is over. kind `refused` */
  | 'ERR_POLICY_EXPIRED'
  /** It demands something that this version does not understand. kind `refused` */
  | 'ERR_POLICY_CRITICAL'
  /** A section is missing, older, or not what its hash says. kind `integrity` */
  | 'ERR_POLICY_SECTION'
  /** A report that does not open, verify, or belong here. kind `integrity` */
  | 'ERR_REPORT'
  /** A certificate of a device key that does not verify. kind `integrity` */
  | 'ERR_CERTIFICATE'
  /** A login that does not verify, or is not for this request or server. kind `no-key` */
  | 'ERR_LOGIN'
  /** A login in order, by a device whose clock is too far off. kind `failed`: set the clock, and it works */
  | 'ERR_LOGIN_CLOCK'
  /** An answer about the time that does not verify, or is not for this question. kind `integrity` */
  | 'ERR_TIME_ANSWER'
  /** An entry of the directory that does not verify, or is not what was asked for. kind `integrity` */
  | 'ERR_PERSON_ENTRY'
  /** The text is not an enrolment code. kind `usage` */
  | 'ERR_ENROLMENT_CODE'
  /** The server that answers is not the one that the code names. kind `integrity` */
  | 'ERR_ENROLMENT_SERVER'
  /** The request was not made with the secret of the code, or is malformed. kind `no-key` */
  | 'ERR_ENROLMENT_REQUEST'
  /** The answer does not prove the secret, the server, or this request. kind `integrity` */
  | 'ERR_ENROLMENT_ANSWER';

const kinds: Record<MessageErrorCode, FailureKind> = {
  ERR_POLICY_TOO_LARGE: 'integrity',
  ERR_POLICY_NOT_FOR_THIS_KEY: 'no-key',
  ERR_POLICY_SIGNER: 'integrity',
  ERR_POLICY_SIGNATURE: 'integrity',
  ERR_POLICY_MALFORMED: 'integrity',
  ERR_POLICY_AUDIENCE: 'integrity',
  ERR_POLICY_ROLLBACK: 'integrity',
  ERR_POLICY_EQUIVOCATION: 'integrity',
  ERR_POLICY_EXPIRED: 'refused',
  ERR_POLICY_CRITICAL: 'refused',
  ERR_POLICY_SECTION: 'integrity',
  ERR_REPORT: 'integrity',
  ERR_CERTIFICATE: 'integrity',
  ERR_LOGIN: 'no-key',
  ERR_LOGIN_CLOCK: 'failed',
  ERR_TIME_ANSWER: 'integrity',
  ERR_PERSON_ENTRY: 'integrity',
  ERR_ENROLMENT_CODE: 'usage',
  ERR_ENROLMENT_SERVER: 'integrity',
  ERR_ENROLMENT_REQUEST: 'no-key',
  ERR_ENROLMENT_ANSWER: 'integrity',
};

/** What can be wrong with a message between server and device. */
export class MessageError extends BaseError<MessageErrorCode> {
  /** Sequence of the refused policy message, once its signature was verified. */
  readonly seq: number | undefined;

  constructor(code: MessageErrorCode, message: string, options?: ErrorOptions & { readonly seq?: number }) {
    super(code, kinds[code], message, options);
    this.seq = options?.seq;
  }
}
