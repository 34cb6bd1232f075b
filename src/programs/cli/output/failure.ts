import { BaseError, type FailureKind } from '../../../lib/errors.ts';

/** RFC 9457, with our own members `code`, `kind`, `exit` and `hint`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly kind: FailureKind;
  readonly exit: number;
  readonly hint?: string;
}

export interface Failure {
  readonly exit: number;
  readonly problem: Problem;
}

const exits: Record<FailureKind, number> = {
  failed: 1,
  usage: 2,
  partial: 3,
  refused: 4,
  'no-key': 5,
  integrity: 6,
  interrupted: 130,
};

const titles: Record<FailureKind, string> = {
  failed: 'It did not work',
  usage: 'Not understood',
  partial: 'Done, but not all of it',
  refused: 'Refused by policy',
  'no-key': 'No key',
  integrity: 'Altered, forged or missing data',
  interrupted: 'Interrupted',
};

/** What any thrown value means for the caller: the exit code, and the words for it. */
export function describeFailure(error: unknown): Failure {
  const { code, kind, hint } = classify(error);
  const message = error instanceof Error ? error.message : String(error);
  const problem: Problem = {
    type: `urn:holdfast:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: titles[kind],
    detail: message.trim().replaceAll(/\s*\n\s*/g, '; '),
    code,
    kind,
    exit: exits[kind],
    ...(hint === undefined ? {} : { hint }),
  };
  return { exit: exits[kind], problem };
}

function classify(error: unknown): { code: string; kind: FailureKind; hint?: string | undefined } {
  if (error instanceof BaseError) {
    const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
    return { code: error.code, kind: error.kind, hint };
  }
  if (error instanceof Error && error.name === 'AbortError')
    return { code: 'ERR_INTERRUPTED', kind: 'interrupted' };
  const code = (error as { code?: unknown } | undefined)?.code;
  return { code: typeof code === 'string' && code.startsWith('E') ? code : 'ERR_UNEXPECTED', kind: 'failed' };
}
