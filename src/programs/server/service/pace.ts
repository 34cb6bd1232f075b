import { setImmediate } from 'node:timers/promises';

/** ms of work after which others get their turn, unless told. */
const STRIDE = 10;

/**
 * For loops over all devices: everything is answered by one thread, and SQLite answers at once, so that a loop over
 * thousands would keep all others waiting. Call the result in each round.
 */
export function pace(stride = STRIDE): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < stride) return;
    await setImmediate();
    since = performance.now();
  };
}
