/** Errors as the device API tells them: RFC 9457 with code and kind. */
import type { DeviceProblem } from '../../api/device/index.ts';
import { BaseError, type FailureKind } from '../../lib/errors.ts';

const titles: Record<FailureKind, readonly [status: number, title: string]> = {
  failed: [500, 'It did not work'],
  usage: [400, 'What was asked for makes no sense'],
  partial: [500, 'Done, but not all of it'],
  refused: [403, 'A policy says no'],
  'no-key': [403, 'No key that opens it'],
  integrity: [500, 'Data is not as it was stored'],
  interrupted: [500, 'Stopped before it was done'],
};

/** `aborted`: the caller had ended the operation; whatever was thrown then is its consequence. */
export function toProblem(error: unknown, aborted = false): DeviceProblem {
  if (aborted) return problem('interrupted', 'ERR_INTERRUPTED', 'stopped before it was done');
  if (error instanceof BaseError) return problem(error.kind, error.code, error.message);
  const why = error instanceof Error ? error.message : String(error);
  return problem('failed', 'ERR_UNEXPECTED', `something unexpected happened: ${why}`);
}

function problem(kind: FailureKind, code: string, detail: string): DeviceProblem {
  const [status, title] = titles[kind];
  return { type: `urn:holdfast:problem:${code}`, title, status, detail, code, kind };
}
