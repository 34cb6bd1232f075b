/** Until something was seen, ms. */
const BEGIN = 3;
/** One that took longer says nothing of the others, ms. */
const LONGEST = 1000;
/** Weight of the last one. */
const SHARE = 1 / 64;

/** Pace: how much time goes by for each piece of work while others wait for theirs. */
export class Pace {
  readonly #now: () => number;
  /** When the last one was done, if others waited then. */
  #last: number | undefined;
  ms = BEGIN;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A piece of work is done. @param others wait */
  left(others: boolean): void {
    const now = this.#now();
    if (this.#last !== undefined) this.ms += (Math.min(now - this.#last, LONGEST) - this.ms) * SHARE;
    this.#last = others ? now : undefined;
  }
}

/** What a device asks for a change: its message, and a report that it has it. */
const PIECES = 2;
/** Whoever is sent away costs another request: rather a little too slow than too fast, */
const LONGER = 1.15;
/** and a pace that was measured in a bad moment must not hold a change up, ms. */
const LONGEST_SPREAD = 60_000;

/** ms that so many devices are to spread over, at this pace. */
export const spreadFor = (devices: number, pace: number): number =>
  Math.min(LONGEST_SPREAD, Math.round(devices * PIECES * pace * LONGER));
