import { BusyError } from '../errors.ts';
import { Pace } from './pace.ts';

/** Who goes first: what is in a hurry, or was begun already. */
export type Lane = 'first' | 'usual';

/** A place inside. To be left once; leaving it again does nothing. */
export interface Place {
  leave(): void;
}

export interface GateOptions {
  /** Inside at a time. */
  readonly atOnce: number;
  /** That wait at most, in each lane. */
  readonly waiting: number;
  /** ms of a steady clock. */
  readonly now?: () => number;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

export interface Coming {
  /** Who asks has gone: its turn is given to the next one. */
  readonly gone?: () => boolean;
  /** How many more are known to come. */
  readonly behind?: number;
}

interface Waiting {
  readonly enter: () => void;
  readonly refuse: (error: BusyError) => void;
  readonly gone: () => boolean;
}

/** So many of the first lane in a row while someone waits in the other one. */
const IN_A_ROW = 4;
/** Nobody is asked to stay away longer, seconds. */
const LONGEST = 60;

/**
 * Gate: so much work at a time, and so much that waits for its turn, in the order in which it came. Whoever finds it
 * full is told when to come again, each at a time of its own: a herd comes back as a line.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #lanes: Record<Lane, Waiting[]> = { first: [], usual: [] };
  readonly #pace: Pace;
  #inside = 0;
  /** Until when those who were refused will keep it busy, ms. */
  #booked = 0;
  /** Have a place, and begin one for each turn of the event loop: new connections are taken in between. */
  readonly #beginning: (() => void)[] = [];
  #row = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#now = options.now ?? (() => performance.now());
    this.#pace = new Pace(this.#now);
  }

  /** ms that each piece of work takes of the whole, by what was seen. */
  get pace(): number {
    return this.#pace.ms;
  }

  /** @throws BusyError when too many wait already, or who asks has gone */
  async enter(lane: Lane, { gone = () => false, behind = 0 }: Coming = {}): Promise<Place> {
    if (this.#inside >= this.#options.atOnce) {
      if (this.#lanes[lane].length >= this.#options.waiting) throw this.#busy(behind);
      await new Promise<void>((enter, refuse) => this.#lanes[lane].push({ enter, refuse, gone }));
    } else this.#inside++;
    let left = false;
    return {
      leave: () => {
        if (!left) this.#left();
        left = true;
      },
    };
  }

  #left(): void {
    const next = this.#next();
    this.#pace.left(next !== undefined);
    // The place goes to the next one, or is free.
    if (next === undefined) this.#inside--;
    else if (this.#beginning.push(next.enter) === 1) setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#beginning.shift()?.();
    if (this.#beginning.length > 0) setImmediate(() => this.#begin());
  }

  #next(): Waiting | undefined {
    const { first, usual } = this.#lanes;
    for (;;) {
      const lane = first.length > 0 && (this.#row < IN_A_ROW || usual.length === 0) ? first : usual;
      const next = lane.shift();
      if (!next?.gone()) {
        this.#row = lane === first ? this.#row + 1 : 0;
        return next;
      }
      next.refuse(new BusyError(1));
    }
  }

  /**
   * Who is refused gets the time at which those will have been served who wait, and those who were refused before; and
   * on top of it one drawn from the time that those take who are known to come.
   */
  #busy(behind: number): BusyError {
    const { first, usual } = this.#lanes;
    const now = this.#now();
    const { ms } = this.#pace;
    this.#booked = Math.max(this.#booked, now) + ms;
    const wait = (first.length + usual.length) * ms + (this.#booked - now) + this.#random() * behind * ms;
    // Beyond the bound they are not to come all at once either.
    const late = LONGEST * (0.5 + this.#random() / 2);
    return new BusyError(1 + Math.floor(Math.min(wait / 1000, late)));
  }
}
