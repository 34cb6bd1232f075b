interface Window {
  readonly since: number;
  taken: number;
  skipped: number;
}

/**
 * So many times in a window of time, for each key by itself: what one device may make the server write or sign. In
 * memory: after a restart everyone begins anew. Keys are ids of enrolled devices, so there are only so many.
 */
export class Allowance {
  readonly #most: number;
  readonly #window: number;
  readonly #windows = new Map<string, Window>();

  /** @param window ms */
  constructor(most: number, window: number) {
    this.#most = most;
    this.#window = window;
  }

  /** Undefined when it is used up; otherwise how often it was since it was granted last. */
  take(key: string, now: number): { readonly skipped: number } | undefined {
    const held = this.#windows.get(key);
    const open = held !== undefined && now - held.since < this.#window;
    const window = open ? held : { since: now, taken: 0, skipped: held?.skipped ?? 0 };
    this.#windows.set(key, window);
    if (window.taken >= this.#most) {
      window.skipped++;
      return undefined;
    }
    window.taken++;
    const { skipped } = window;
    window.skipped = 0;
    return { skipped };
  }
}
