import { ProblemError } from '../../../api/problem/index.ts';
import type { ClockCorrection } from '../../../custody/index.ts';
import { MessageError } from '../../../policy/message/index.ts';
import type { ServerLink } from './link.ts';
import type { Session } from './session.ts';

export interface SettledClock {
  /** The clock had run ahead, and was set back. */
  readonly correction?: ClockCorrection;
  /** The answer was refused; nothing has changed. */
  readonly refusal?: MessageError;
}

/**
 * Asks the server for the time when the highest time seen may be wrong: a clock that ran ahead would make every message
 * look expired. @throws when the server does not answer
 */
export async function settleClock(
  { memory }: Session,
  server: ServerLink,
  signal: AbortSignal,
): Promise<SettledClock> {
  if (!memory.clockInDoubt()) return {};
  try {
    const { answer } = await server.time(memory.askTime(), signal);
    const correction = await memory.acceptTime(answer);
    return correction ? { correction } : {};
  } catch (error) {
    if (error instanceof MessageError) return { refusal: error };
    // Whatever the server has against this device, it says again when it is asked for the message.
    if (error instanceof ProblemError) return {};
    throw error;
  }
}

/** For people and logs. */
export const describeCorrection = ({ before, after }: ClockCorrection): string =>
  `this device's clock had run ahead to ${iso(before)}; by the server's time it goes on from ${iso(after)}`;

const iso = (time: number): string => new Date(Math.min(time, 8.64e15)).toISOString();
