import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type GrantErrorCode =
  /** No grant, not one of this form, not by an issuer of this area, or not for this area. */
  | 'ERR_GRANT_REFUSED'
  /** It was a grant of this area, or will be: not at this time. */
  | 'ERR_GRANT_EXPIRED'
  /** Its issuer has ended the device's key. */
  | 'ERR_GRANT_ENDED'
  /** No proof, not by the key of the grant, or of another request than this one. */
  | 'ERR_PROOF_REFUSED'
  /** The proof is older or newer than the window allows: a clock is wrong. */
  | 'ERR_PROOF_TIME'
  /** A list of ended keys that is not by an issuer of this area, or not for it. */
  | 'ERR_ENDED_REFUSED'
  /** Not a public key that can sign grants or proofs. kind `usage` */
  | 'ERR_KEY_UNSUPPORTED';

/** Authorisation at a storage area failed. All of kind `no-key` but `ERR_KEY_UNSUPPORTED`. */
export class GrantError extends BaseError<GrantErrorCode> {
  constructor(code: GrantErrorCode, message: string, options?: ErrorOptions) {
    const kind: FailureKind = code === 'ERR_KEY_UNSUPPORTED' ? 'usage' : 'no-key';
    super(code, kind, message, options);
  }
}
