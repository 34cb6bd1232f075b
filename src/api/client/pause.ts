/** Waits; rejects with the signal's reason when it is aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stopped = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stopped);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stopped, { once: true });
  });
}

/** Exponential, with half of it left to chance, so that a thousand devices do not come back at once. */
export const backoff = (attempt: number, first: number, longest: number): number =>
  Math.min(longest, first * 2 ** attempt) * (0.5 + Math.random() / 2);
