import { BaseError, type FailureKind } from '../../lib/errors.ts';

export type CliErrorCode =
  /** A flag, argument, command or file that makes no sense. kind `usage` */
  | 'ERR_USAGE'
  /** The user stopped it. kind `interrupted` */
  | 'ERR_INTERRUPTED'
  /** A run finished but had to leave something out. kind `partial` */
  | 'ERR_PARTIAL'
  /** What lies at a destination is not what was stored. kind `integrity` */
  | 'ERR_DAMAGED'
  /** What quickstart set out to show did not happen. kind `failed` */
  | 'ERR_EXPECTATION';

const kinds: Record<CliErrorCode, FailureKind> = {
  ERR_USAGE: 'usage',
  ERR_INTERRUPTED: 'interrupted',
  ERR_PARTIAL: 'partial',
  ERR_DAMAGED: 'integrity',
  ERR_EXPECTATION: 'failed',
};

export interface CliErrorOptions extends ErrorOptions {
  /** A second line: what to type instead. */
  readonly hint?: string;
}

export class CliError extends BaseError<CliErrorCode> {
  readonly hint: string | undefined;

  constructor(code: CliErrorCode, message: string, options?: CliErrorOptions) {
    super(code, kinds[code], message, options);
    this.hint = options?.hint;
  }
}

/** Why a file could not be read or written, without the path: the message names it as it was typed. */
export function reason(cause: unknown): string {
  if (cause instanceof SyntaxError) return 'it is not JSON';
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}

const reasons: Partial<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EEXIST: 'there is a file by that name already',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is no directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

/** Shorthand for the most frequent one. */
export const usage = (message: string, options?: CliErrorOptions): CliError =>
  new CliError('ERR_USAGE', message, options);
