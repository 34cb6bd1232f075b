import { ProblemError } from '../../../api/problem/index.ts';
import type { ServerLink } from './link.ts';

/**
 * - `taken`: the server has it.
 * - `useless`: it will never take it, for it knows better, or was set back and never sent what is acknowledged.
 * - `refused`: it does not accept this device; the message that says why is still fetched.
 * - `not now`: it asks for patience.
 */
export type Sent = 'taken' | 'useless' | 'refused' | 'not now';

/** Nothing is gained by sending it again. */
export const isSettled = (answer: Sent): boolean => answer === 'taken' || answer === 'useless';

/** @throws when the server does not answer, or cannot at the moment */
export async function send(server: ServerLink, report: string, signal: AbortSignal): Promise<Sent> {
  try {
    await server.report(report, signal);
    return 'taken';
  } catch (error) {
    if (!(error instanceof ProblemError) || error.kind === 'failed') throw error;
    if (error.problem.status === 429) return 'not now';
    return error.kind === 'integrity' ? 'useless' : 'refused';
  }
}
