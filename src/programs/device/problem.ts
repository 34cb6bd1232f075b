/** Errors as the device API tells them. */
import { buildProblem, type Problem, problemOf } from '../../api/problem/index.ts';
import { BaseError } from '../../lib/errors.ts';

/** `aborted`: the caller had ended the operation; whatever was thrown then is its consequence. */
export function toProblem(error: unknown, aborted = false): Problem {
  if (aborted) {
    const detail = 'stopped before it was done';
    return buildProblem({ status: 500, code: 'ERR_INTERRUPTED', kind: 'interrupted', detail });
  }
  if (error instanceof BaseError) return problemOf(error);
  // Only the user of this device reads it: what went wrong helps, and holds no secrets of anyone else.
  const why = error instanceof Error ? error.message : String(error);
  const detail = `something unexpected happened: ${why}`;
  return buildProblem({ status: 500, code: 'ERR_UNEXPECTED', kind: 'failed', detail });
}
