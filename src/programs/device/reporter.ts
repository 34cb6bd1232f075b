/** Keeps progress to a few events a second, so that telling it costs nothing; everything else passes as it is. */
import type { ProgressEvent, RunningEvent } from '../../api/device/index.ts';

const INTERVAL = 100;

export interface Reporter {
  emit(event: RunningEvent): void | Promise<void>;
  /** Tells the last progress that was held back. */
  flush(): void | Promise<void>;
}

export function progressReporter(
  onEvent: (event: RunningEvent) => void | Promise<void>,
  now: () => number = () => performance.now(),
): Reporter {
  let held: ProgressEvent | undefined;
  let told = Number.NEGATIVE_INFINITY;
  let phase: string | undefined;
  const flush = () => {
    const last = held;
    held = undefined;
    return last && onEvent(last);
  };
  return {
    flush,
    emit(event) {
      if (event.kind !== 'progress') {
        flush();
        return onEvent(event);
      }
      // The last of a phase is its sum: it is told before the next one begins.
      if (event.phase !== phase) flush();
      else if (now() - told < INTERVAL) {
        held = event;
        return;
      }
      phase = event.phase;
      told = now();
      held = undefined;
      return onEvent(event);
    },
  };
}
