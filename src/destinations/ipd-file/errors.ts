import { BaseError, type FailureKind } from '../../lib/errors.ts';
import { DestinationError } from '../../set/index.ts';

export type IpdFileErrorCode =
  /** A file, or something else, is there already. kind `usage` */
  | 'ERR_FILE_EXISTS'
  /** There is no such file, or no such folder. kind `usage` */
  | 'ERR_FILE_MISSING'
  /** Not a backup file of ours, or its beginning is damaged. kind `integrity` */
  | 'ERR_FILE_NOT_BACKUP'
  /** A backup file is only ever added to while it is made, and never afterwards. kind `usage` */
  | 'ERR_FILE_UNCHANGEABLE'
  /** Frames of a database whose name the header does not have. kind `failed` */
  | 'ERR_FILE_DATABASE'
  /** The names cannot stand in an IPD file: too many, too long, twice the same, or with a NUL. kind `usage` */
  | 'ERR_FILE_NAMES'
  /** There is no manifest yet, so that nothing can be finished. kind `failed` */
  | 'ERR_FILE_INCOMPLETE';

const kinds: Record<IpdFileErrorCode, FailureKind> = {
  ERR_FILE_EXISTS: 'usage',
  ERR_FILE_MISSING: 'usage',
  ERR_FILE_NOT_BACKUP: 'integrity',
  ERR_FILE_UNCHANGEABLE: 'usage',
  ERR_FILE_DATABASE: 'failed',
  ERR_FILE_NAMES: 'usage',
  ERR_FILE_INCOMPLETE: 'failed',
};

/** What is wrong with a backup file as a whole; what is wrong with an object in it is a `DestinationError`. */
export class IpdFileError extends BaseError<IpdFileErrorCode> {
  constructor(code: IpdFileErrorCode, message: string, options?: ErrorOptions) {
    super(code, kinds[code], message, options);
  }
}

/** No room; EFBIG: FAT takes no file of 4 GiB. */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];

export const errnoOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code;

/** What the file system says, in the words of a destination. */
export function fileFailure(path: string, cause: unknown): Error {
  if (cause instanceof BaseError) return cause;
  const errno = errnoOf(cause) ?? 'failure';
  if (errno === 'ENOENT' || errno === 'ENOTDIR')
    return new IpdFileError('ERR_FILE_MISSING', `${path}: no such file or folder`, { cause });
  if (FULL.includes(errno))
    return new DestinationError(
      'ERR_DESTINATION_FULL',
      `${path}: ${errno === 'EFBIG' ? 'the file system takes no larger file' : 'no room is left'}`,
      { cause },
    );
  return new DestinationError('ERR_DESTINATION_UNAVAILABLE', `${path}: ${errno}`, { cause });
}
