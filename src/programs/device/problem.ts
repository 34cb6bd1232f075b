/** Errors as the device API tells them. */
import { buildProblem, type Problem, problemOf } from '../../api/problem/index.ts';
import { BaseError } from '../../lib/errors.ts';
import { DeviceError } from './errors.ts';

/**
 * @param aborted the caller had ended the operation; whatever was thrown then is its consequence
 * @param state path of the state directory, where it is known
 */
export function toProblem(error: unknown, aborted = false, state?: string): Problem {
  if (aborted) {
    const detail = 'stopped before it was done';
    return buildProblem({ status: 500, code: 'ERR_INTERRUPTED', kind: 'interrupted', detail });
  }
  if (error instanceof BaseError) return problemOf(error);
  const disk = ofDisk(error);
  if (disk !== undefined) {
    const detail = `the state of this device${state === undefined ? '' : ` in ${state}`} ${disk}`;
    return problemOf(new DeviceError('ERR_STATE', detail, { cause: error }));
  }
  // Only the user of this device reads it: what went wrong helps, and holds no secrets of anyone else.
  const why = error instanceof Error ? error.message : String(error);
  const detail = `something unexpected happened: ${why}`;
  return buildProblem({ status: 500, code: 'ERR_UNEXPECTED', kind: 'failed', detail });
}

/** What SQLite and the file system say of a disk. Sources, restores and backup files have words of their own for it. */
function ofDisk(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode = 0 } = error as NodeJS.ErrnoException & { errcode?: number };
  const sqlite = code === 'ERR_SQLITE_ERROR';
  if (code === 'ENOSPC' || code === 'EDQUOT' || (sqlite && SQLITE_FULL.includes(errcode))) {
    return 'has no space left, or its temporary files have none; make room, and run it again: what is stored stays stored';
  }
  return sqlite ? `cannot be read or written: ${error.message} (SQLite ${errcode})` : undefined;
}

/** SQLITE_FULL, and SQLITE_IOERR_SHMSIZE: no room for the file beside a database (SQLite, "Result Codes"). */
const SQLITE_FULL = [13, 4874];
