/** Being stopped: the first signal asks the command to end in good order, the second ends it at once. */
export interface Stop {
  readonly signal: AbortSignal;
  /** Listens no longer. */
  end(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function stopOnSignal(onFirst: () => void): Stop {
  const controller = new AbortController();
  const handler = (): void => {
    if (controller.signal.aborted) process.exit(130);
    onFirst();
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, handler);
  return {
    signal: controller.signal,
    end: () => {
      for (const name of SIGNALS) process.off(name, handler);
    },
  };
}

/** Resolves when the user stops the command: the regular end of a program that serves. */
export const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

let tellReaderGone: (() => void) | undefined;

/**
 * A reader of our output that has gone, as in `holdfast ls | head`, is no failure (EPIPE). Listens as long as the
 * process lives, because the news may come after the last word.
 */
export function onReaderGone(tell: () => void): void {
  const first = tellReaderGone === undefined;
  tellReaderGone = tell;
  if (!first) return;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      tellReaderGone?.();
    });
  }
}
