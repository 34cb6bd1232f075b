import { z } from 'zod';
import { fromUtf8 } from '../../lib/bytes.ts';
import { BaseError, type FailureKind } from '../../lib/errors.ts';

/** RFC 9457 §3. */
export const PROBLEM_TYPE = 'application/problem+json';

/** A problem answer is read up to this many bytes; what is longer is none of ours. */
export const MAX_PROBLEM = 16 * 1024;

const KINDS = [
  'failed',
  'usage',
  'partial',
  'refused',
  'no-key',
  'integrity',
  'interrupted',
] as const satisfies readonly FailureKind[];

/**
 * Problem details. `type` is always `about:blank` (RFC 9457 §4.2.1: the status says it): what programs switch on
 * is `code`. Members that a reader does not know are ignored (§3.2).
 */
export const problemSchema = z.object({
  type: z.string().max(200).default('about:blank'),
  title: z.string().max(200),
  status: z.int().min(400).max(599),
  detail: z.string().max(4000).optional(),
  instance: z.string().max(2000).optional(),
  code: z.string().regex(/^ERR_[A-Z0-9_]{1,60}$/),
  kind: z.enum(KINDS),
});

export type Problem = z.infer<typeof problemSchema>;

export interface ProblemInput {
  readonly status: number;
  readonly code: string;
  /** By default what the status suggests. */
  readonly kind?: FailureKind;
  /** For people: who, what, why, what to do. Never secrets. */
  readonly detail?: string;
}

export function buildProblem(input: ProblemInput): Problem {
  return {
    type: 'about:blank',
    title: TITLES[input.status] ?? (input.status < 500 ? 'Bad Request' : 'Internal Server Error'),
    status: input.status,
    ...(input.detail === undefined ? {} : { detail: input.detail.slice(0, 4000) }),
    code: input.code,
    kind: input.kind ?? kindOfStatus(input.status),
  };
}

/**
 * The problem for an error that reached the edge of a program. One of ours keeps its code, kind and message;
 * anything else is `ERR_INTERNAL` without details, which belong into the log and not to a stranger.
 */
export function problemOf(error: unknown, status?: number): Problem {
  if (error instanceof BaseError) {
    const chosen = status ?? statusOfKind(error.kind);
    return buildProblem({ status: chosen, code: error.code, kind: error.kind, detail: error.message });
  }
  return buildProblem({
    status: status ?? 500,
    code: 'ERR_INTERNAL',
    kind: 'failed',
    detail: 'an unexpected error; the log of the program has more',
  });
}

/** Reads a problem; undefined when the answer is none (a gateway's error page, an older program). */
export function parseProblem(contentType: string | undefined, body: Uint8Array): Problem | undefined {
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== PROBLEM_TYPE) return undefined;
  if (body.length > MAX_PROBLEM) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(body));
  } catch {
    return undefined;
  }
  return problemSchema.safeParse(value).data;
}

/** The failure kind that a bare status suggests. */
export function kindOfStatus(status: number): FailureKind {
  if (status === 401 || status === 403) return 'no-key';
  if (status === 404 || status === 409) return 'integrity';
  return status < 500 && status !== 429 && status !== 413 ? 'usage' : 'failed';
}

function statusOfKind(kind: FailureKind): number {
  switch (kind) {
    case 'usage':
      return 400;
    case 'no-key':
    case 'refused':
      return 403;
    case 'integrity':
      return 422;
    default:
      return 500;
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  507: 'Insufficient Storage',
};
