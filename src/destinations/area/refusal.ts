import { type Problem, parseProblem } from '../../api/problem/index.ts';
import { DestinationError, type DestinationErrorCode, describeObject } from '../../set/index.ts';
import type { TransportAnswer } from '../../transport/index.ts';

/** The error for an answer that is not the one that was asked for. */
export function refusal(answer: TransportAnswer, path: string, label: string): DestinationError {
  const problem = parseProblem(answer.headers['content-type'], answer.body);
  const code = codeOf(answer.status);
  const what = path === '' ? label : `${describeObject(path)} at ${label}`;
  return new DestinationError(code, `${what}: ${MEANING[code]} (${said(answer.status, problem)})`, {
    ...(problem ? { cause: problem } : {}),
  });
}

function codeOf(status: number): DestinationErrorCode {
  switch (status) {
    case 401:
    case 403:
      return 'ERR_DESTINATION_DENIED';
    case 404:
      return 'ERR_OBJECT_MISSING';
    case 409:
      return 'ERR_OBJECT_CONFLICT';
    case 413:
    case 507:
      return 'ERR_DESTINATION_FULL';
    case 416:
      return 'ERR_OBJECT_MALFORMED';
    default:
      return 'ERR_DESTINATION_UNAVAILABLE';
  }
}

const MEANING: Readonly<Record<DestinationErrorCode, string>> = {
  ERR_DESTINATION_DENIED: 'the area does not accept this device’s grant or proof',
  ERR_OBJECT_MISSING: 'the area has no such object',
  ERR_OBJECT_CONFLICT: 'other bytes are stored under this name',
  ERR_DESTINATION_FULL: 'the area has no room for this object',
  ERR_OBJECT_MALFORMED: 'the object is shorter than it should be',
  ERR_DESTINATION_UNAVAILABLE: 'the area failed',
};

/** What the area says is shown, but not believed, and not as escape sequences for someone's terminal. */
function said(status: number, problem: Problem | undefined): string {
  if (!problem) return `status ${status}`;
  const detail = problem.detail?.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  return detail ? `${problem.code}: ${detail}` : problem.code;
}
