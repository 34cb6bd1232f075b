/** Does something within a while, once, at a time left to chance: what is drawn sooner counts. */
export class Later implements Disposable {
  readonly #work: () => void;
  readonly #random: () => number;
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  /** @param random from 0 to below 1 */
  constructor(work: () => void, random: () => number = Math.random) {
    this.#work = work;
    this.#random = random;
  }

  /** @param ms 0: at once */
  within(ms: number): void {
    const wait = ms * this.#random();
    const at = performance.now() + wait;
    if (at >= this.#at) return;
    clearTimeout(this.#timer);
    if (wait === 0) this.#do();
    else {
      this.#at = at;
      this.#timer = setTimeout(() => this.#do(), wait);
    }
  }

  #do(): void {
    this[Symbol.dispose]();
    this.#work();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#at = Number.POSITIVE_INFINITY;
  }
}
