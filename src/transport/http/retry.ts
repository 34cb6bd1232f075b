/** How often and how long to try again. */
export interface RetryPolicy {
  /** Tries in all. */
  readonly attempts: number;
  /** Wait before the second try, in ms; it doubles with each. Half of each wait is random. */
  readonly base: number;
  /** All waits together, in ms: nobody's `Retry-After` holds us longer. */
  readonly total: number;
  /** The longest single wait while a host is waited for, in ms, unless it asks for more. */
  readonly longest: number;
  /**
   * How long to wait, in ms, for a host that has answered before, or that asks to come back later: a device that
   * changes networks has none for a while (B17). 0: as for any other host.
   */
  readonly patience: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 4,
  base: 800,
  total: 10_000,
  longest: 5_000,
  patience: 0,
};

/** Answers that another try may improve. Never other 4xx: the same request gets the same refusal. */
export const mayPass = (status: number): boolean =>
  status === 429 || status === 500 || status === 502 || status === 503 || status === 504;

/** Answers of something in between, or of a program that is just being started: the way there is not open. */
export const isUnavailable = (status: number): boolean => status === 502 || status === 503 || status === 504;

/**
 * How long to wait before the next try.
 *
 * @param tried tries so far, at least 1
 * @param waited ms waited so far
 * @param random from 0 to below 1
 * @returns ms; undefined when it is enough
 */
export function nextWait(
  policy: RetryPolicy,
  tried: number,
  waited: number,
  random: number,
  retryAfter = 0,
): number | undefined {
  if (tried >= policy.attempts) return undefined;
  const backoff = policy.base * 2 ** (tried - 1);
  const wait = Math.max(backoff / 2 + (backoff / 2) * random, retryAfter);
  return waited + wait > policy.total ? undefined : wait;
}

/**
 * How long to wait before the next try when all of those are used up, for a host that is waited for.
 *
 * @param left ms for which it still is
 */
export function patientWait(
  { base, longest }: RetryPolicy,
  tried: number,
  left: number,
  random: number,
  retryAfter = 0,
): number | undefined {
  const backoff = Math.min(longest, base * 2 ** (tried - 1));
  const wait = Math.max(backoff / 2 + (backoff / 2) * random, retryAfter);
  return wait > left ? undefined : wait;
}

/** `Retry-After` (RFC 9110 §10.2.3) in ms from now; 0 when there is none. */
export function parseRetryAfter(field: string | undefined, now: number): number {
  if (field === undefined) return 0;
  if (/^[0-9]{1,9}$/.test(field)) return Number(field) * 1000;
  // Date.parse takes almost anything for a date.
  const at = field.endsWith(' GMT') ? Date.parse(field) : Number.NaN;
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
