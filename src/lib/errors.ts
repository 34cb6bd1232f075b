/**
 * What kind of failure an error is, for the one who has to react to it. The command line turns each kind
 * into its exit code (docs/architecture.md, "Exit codes"); a server turns it into a status.
 *
 * - `failed`      1: the world did not play along (network, disk, a bug); trying again may help
 * - `usage`       2: what was asked for makes no sense
 * - `partial`     3: done, but not all of it
 * - `refused`     4: a policy says no
 * - `no-key`      5: not enrolled, not authorised, or the key that opens it is not here
 * - `integrity`   6: altered, forged, missing, replayed or rolled back data
 * - `interrupted` 130: stopped by the user; can be resumed
 */
export type FailureKind = 'failed' | 'usage' | 'partial' | 'refused' | 'no-key' | 'integrity' | 'interrupted';

/**
 * The base of every error of ours. Each folder's `errors.ts` extends it with a union of stable codes, so that
 * `switch (error.code)` narrows. Messages name who, what, why and what to do; never secrets or plaintext.
 */
export class BaseError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly kind: FailureKind;

  constructor(code: Code, kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.kind = kind;
  }
}

/** For switches over a union: the compiler proves that every case is handled. */
export function unreachable(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
