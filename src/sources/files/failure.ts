/** Failures of the file system, in words. */
import { SourceError } from '../../database/index.ts';

/** The code of a system error, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  ELOOP: 'it is a symbolic link',
  ENOSPC: 'no space left',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the disk failed',
  ESPIPE: 'it is not a file',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
};

/** Why it failed, without the path: the caller has named that already. */
export function reasonOf(error: unknown): string {
  const code = errnoOf(error);
  if (code) return words[code] ?? code;
  return error instanceof Error ? error.message : String(error);
}

/** How messages call a source: by its label, if it has one, and its path. */
export const sourceName = (options: {
  readonly path: string;
  readonly label?: string | undefined;
}): string => (options.label ? `${options.label} (${options.path})` : options.path);

/** A source that could not be written, called by its name; what is said already stays. */
export function notWritten(name: string, error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  return new SourceError('ERR_SOURCE_WRITE', `cannot write to ${name}: ${reasonOf(error)}`, { cause: error });
}

/** A read whose failures, also those to come, are said by `failure`. */
export async function* guarded(
  chunks: Iterable<Uint8Array>,
  failure: (error: unknown) => SourceError,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw failure(error);
  }
}
