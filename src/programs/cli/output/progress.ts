import { bytes, count, duration, printable } from './format.ts';
import type { Stream } from './stream.ts';

/** How far a run is. */
export interface ProgressStep {
  readonly phase: string;
  readonly database?: string | undefined;
  readonly items: number;
  readonly bytes: number;
}

// Often enough to look alive on a terminal; seldom enough not to fill a log.
const TERMINAL_MS = 100;
const LOG_MS = 10_000;

/** Shows how far a run is: one line that changes on a terminal, a line now and then in a log. */
export class ProgressLine {
  readonly #stream: Stream;
  readonly #clock: () => number;
  readonly #began: number;
  #last: number;
  #shown = false;

  constructor(stream: Stream, clock: () => number) {
    this.#stream = stream;
    this.#clock = clock;
    this.#began = clock();
    // A log stays empty for runs that are over soon.
    this.#last = stream.isTTY ? 0 : this.#began;
  }

  step(step: ProgressStep): void {
    const now = this.#clock();
    if (now - this.#last < (this.#stream.isTTY ? TERMINAL_MS : LOG_MS)) return;
    this.#last = now;
    const where = step.database ? ` ${printable(step.database)}` : '';
    const text = `${step.phase}${where}: ${count(step.items, 'item')}, ${bytes(step.bytes)}, ${duration(now - this.#began)}`;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${text}\n`);
      return;
    }
    this.#stream.write(`\r\u001b[K${text.slice(0, (this.#stream.columns ?? 80) - 1)}`);
    this.#shown = true;
  }

  /** Takes the line away, before something else is written. */
  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001b[K');
    this.#shown = false;
  }
}
