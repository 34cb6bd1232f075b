import type { AreaDestination } from '../../../destinations/area/index.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Destination } from '../../../set/index.ts';
import type { Standing } from '../standing/index.ts';

/** A grant counts for ten minutes; it is renewed well before. */
const RENEW_AFTER = 4 * 60_000;

/** So many objects are deleted before the grant is looked at again. */
const PORTION = 50;

/** The right to delete, as it is given from one portion to the next: it may be withdrawn meanwhile. */
export class DeletionRight {
  readonly #standing: Pick<Standing, 'clock' | 'deletion'>;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #grant: string | undefined;
  #fetched = 0;
  #keep: number | undefined;

  constructor(standing: Pick<Standing, 'clock' | 'deletion'>, signal: AbortSignal) {
    this.#standing = standing;
    this.#clock = standing.clock;
    this.#signal = signal;
  }

  readonly grant = (): string | undefined => this.#grant;

  /** What policy wants to be kept, ms, as the server said with the grant. */
  get keep(): number | undefined {
    return this.#keep;
  }

  /** @throws ProblemError when the server refuses, ClientError when it does not answer */
  async fetch(area: string): Promise<void> {
    const { grant, keep } = await this.#standing.deletion(area, this.#signal);
    this.#grant = grant;
    this.#keep = keep;
    this.#fetched = this.#clock();
  }

  /** The same destination; deleting renews the grant. */
  renewing(area: AreaDestination, uri: string): Destination {
    return {
      ...area,
      get appendOnly() {
        return area.appendOnly === true;
      },
      remove: async (names) => {
        for (let i = 0; i < names.length; i += PORTION) {
          if (Math.abs(this.#clock() - this.#fetched) > RENEW_AFTER) await this.fetch(uri);
          await area.remove(names.slice(i, i + PORTION));
        }
      },
    };
  }
}
