import { BaseError, type FailureKind } from '../lib/errors.ts';

export type BackupErrorCode =
  /** No set, device or database of that name. kind `usage` */
  | 'ERR_SET_UNKNOWN'
  /** No source has the item that was asked for. kind `usage` */
  | 'ERR_ITEM_UNKNOWN'
  /** Several could be meant. kind `usage` */
  | 'ERR_SET_AMBIGUOUS'
  /** Nothing is backed up there. kind `usage` */
  | 'ERR_NO_SETS'
  /** The backup belongs to a device that is none of this user's. kind `no-key` */
  | 'ERR_NOT_YOURS'
  /** The newest set is older than one that is known. kind `integrity` */
  | 'ERR_ROLLED_BACK'
  /** Two manifests under one counter, or a chain that does not pass through a known head. kind `integrity` */
  | 'ERR_FORKED'
  /** A manifest is missing in the middle of a chain. kind `integrity` */
  | 'ERR_GAP'
  /** A manifest is not the one its name or its successor says. kind `integrity` */
  | 'ERR_MANIFEST'
  /** There is no end of what the destination lists. kind `integrity` */
  | 'ERR_LISTING'
  /** A manifest of the user's lies where another one belongs. kind `integrity` */
  | 'ERR_MISPLACED'
  /** A segment or an index is not the one its manifest says. kind `integrity` */
  | 'ERR_SEGMENT'
  /** Databases are not encrypted, and policy does not accept that. kind `refused` */
  | 'ERR_UNENCRYPTED'
  /** None of the sources could be backed up. kind `failed` */
  | 'ERR_NOTHING_DONE'
  /** More than fits into a set, or a database. kind `failed` */
  | 'ERR_SET_TOO_LARGE'
  /** A mass change waits to be confirmed. kind `refused` */
  | 'ERR_UNCONFIRMED'
  /** Whoever shared it has ended that. kind `refused` */
  | 'ERR_SHARE_ENDED'
  /** What is remembered of a share is older than the share. kind `failed` */
  | 'ERR_SHARE_BEHIND'
  /** The run was stopped. kind `interrupted` */
  | 'ERR_INTERRUPTED';

const kinds: Record<BackupErrorCode, FailureKind> = {
  ERR_SET_UNKNOWN: 'usage',
  ERR_ITEM_UNKNOWN: 'usage',
  ERR_SET_AMBIGUOUS: 'usage',
  ERR_NO_SETS: 'usage',
  ERR_NOT_YOURS: 'no-key',
  ERR_ROLLED_BACK: 'integrity',
  ERR_FORKED: 'integrity',
  ERR_GAP: 'integrity',
  ERR_MANIFEST: 'integrity',
  ERR_LISTING: 'integrity',
  ERR_MISPLACED: 'integrity',
  ERR_SEGMENT: 'integrity',
  ERR_UNENCRYPTED: 'refused',
  ERR_NOTHING_DONE: 'failed',
  ERR_SET_TOO_LARGE: 'failed',
  ERR_UNCONFIRMED: 'refused',
  ERR_SHARE_ENDED: 'refused',
  ERR_SHARE_BEHIND: 'failed',
  ERR_INTERRUPTED: 'interrupted',
};

export class BackupError extends BaseError<BackupErrorCode> {
  constructor(code: BackupErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], message, options);
  }
}
