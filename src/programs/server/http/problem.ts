import type { Context as HonoContext } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { PROBLEM_TYPE, type Problem, problemOf, problemSchema } from '../../../api/problem/index.ts';
import { BaseError } from '../../../lib/errors.ts';
import { BusyError, ServerError, type ServerErrorCode } from '../errors.ts';
import { plainJson } from '../plain.ts';
import type { Log } from '../service/index.ts';

const statuses: Partial<Record<ServerErrorCode | 'ERR_LOGIN' | 'ERR_LOGIN_CLOCK', number>> = {
  ERR_NOT_FOUND: 404,
  ERR_CONFLICT: 409,
  ERR_HEAD_CONFLICT: 409,
  ERR_POLICY_INVALID: 422,
  ERR_NOT_ADMIN: 401,
  ERR_LOGIN: 401,
  ERR_LOGIN_CLOCK: 401,
  ERR_TOO_MANY_ATTEMPTS: 429,
  ERR_TOO_LARGE: 413,
  ERR_BUSY: 503,
};

/** RFC 9110 §11.6.1: a 401 says what would be accepted. */
const challenges: { readonly [code: string]: string } = {
  ERR_NOT_ADMIN: 'Bearer realm="holdfast"',
  ERR_LOGIN: 'Holdfast',
  ERR_LOGIN_CLOCK: 'Holdfast',
};

/** Every error as a problem (RFC 9457). What is not one of ours is logged, and not told. */
export function problemResponse(c: HonoContext, error: unknown, log: Log): Response {
  const known = error instanceof HTTPException ? badRequest(error) : error;
  const status = known instanceof BaseError ? statuses[known.code as ServerErrorCode] : undefined;
  // With a status of its own it is the caller's failure.
  if (!(known instanceof BaseError) || (known.kind === 'failed' && status === undefined)) {
    log.error({ err: error, method: c.req.method, path: c.req.path }, 'request failed');
  }
  if (known instanceof BusyError) c.header('retry-after', String(known.retryAfter));
  return answer(c, problemOf(known, status));
}

/** What the framework itself refuses: a body that is not JSON. */
function badRequest(error: HTTPException): unknown {
  if (error.status >= 500) return error;
  return new ServerError('ERR_INVALID_REQUEST', `the request cannot be read: ${error.message}`);
}

function answer(c: HonoContext, problem: Problem): Response {
  const challenge = challenges[problem.code];
  if (challenge !== undefined) c.header('www-authenticate', challenge);
  if (problem.status === 429) c.header('retry-after', '60');
  return c.body(plainJson(problem), problem.status as 400, { 'content-type': PROBLEM_TYPE });
}

/** For routes: any failure is answered so. */
export const problems = {
  default: {
    description: 'A problem (RFC 9457)',
    content: { [PROBLEM_TYPE]: { schema: problemSchema } },
  },
} as const;
