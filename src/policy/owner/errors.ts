import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type OwnerErrorCode =
  /** Not an owner record. kind `integrity` */
  | 'ERR_OWNER_MALFORMED'
  /** Not signed by a way in that may. kind `integrity` */
  | 'ERR_OWNER_SIGNER'
  /** Records are older than one that is known, or one between them is missing. kind `integrity` */
  | 'ERR_OWNER_ROLLBACK'
  /** Two different records of one version. kind `integrity` */
  | 'ERR_OWNER_FORKED'
  /** Not a card, or one of a device that is none of its person's. kind `integrity` */
  | 'ERR_CARD'
  /** Not an invitation, or not as its sender signed it. kind `integrity` */
  | 'ERR_INVITATION'
  /** No record is signed by the way in that is here. kind `no-key` */
  | 'ERR_OWNER_UNKNOWN';

/** What can be wrong with a user's owner records. */
export class OwnerError extends BaseError<OwnerErrorCode> {
  constructor(code: OwnerErrorCode, message: string, options?: ErrorOptions) {
    const kind: FailureKind = code === 'ERR_OWNER_UNKNOWN' ? 'no-key' : 'integrity';
    super(code, kind, message, options);
  }
}
