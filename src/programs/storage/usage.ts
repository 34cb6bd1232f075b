import { MAX_QUOTA_DEPTH } from '../../api/grant/index.ts';
import { Refusal } from './errors.ts';
import type { ObjectStore } from './objects/index.ts';

/** A quota: this many bytes may lie under the prefix. */
export interface Quota {
  readonly prefix: string;
  readonly bytes: number | undefined;
}

/**
 * What an object counts at least: a file takes an inode, a block and a line of each listing, however little is in it.
 * Without this a grant with a quota would be one for any number of empty objects.
 */
const LEAST_CHARGE = 4096;

/**
 * Bytes per place, counted once when an area is first used and kept from then on: what a request costs does not
 * depend on how much is stored. What is announced counts before it is here, so that uploads side by side cannot
 * pass a quota together.
 */
export class Usage {
  readonly #store: ObjectStore;
  readonly #areas = new Map<string, Promise<Map<string, number>>>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Counts an area unless that is done. */
  of(area: string): Promise<Map<string, number>> {
    let counts = this.#areas.get(area);
    if (!counts) {
      counts = this.#count(area);
      this.#areas.set(area, counts);
      counts.catch(() => this.#areas.delete(area));
    }
    return counts;
  }

  /** @throws Refusal `ERR_QUOTA` when there is no room under one of the quotas */
  async reserve(area: string, path: string, size: number, quotas: readonly Quota[]): Promise<void> {
    const counts = await this.of(area);
    const bytes = charge(size);
    for (const quota of quotas) {
      if (quota.bytes !== undefined && (counts.get(quota.prefix) ?? 0) + bytes > quota.bytes) {
        throw new Refusal('ERR_QUOTA', `the quota of ${quota.bytes} bytes leaves no room for these ${bytes}`);
      }
    }
    add(counts, path, bytes);
  }

  async release(area: string, path: string, size: number): Promise<void> {
    add(await this.of(area), path, -charge(size));
  }

  async #count(area: string): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for await (const { path, size } of this.#store.all(area)) add(counts, path, charge(size));
    return counts;
  }
}

const charge = (size: number): number => Math.max(size, LEAST_CHARGE);

/** Counts at the area and at each place above the path, down to where quotas can be. */
function add(counts: Map<string, number>, path: string, bytes: number): void {
  let end = 0;
  for (let depth = 0; depth <= MAX_QUOTA_DEPTH; depth++) {
    const place = path.slice(0, end);
    const total = (counts.get(place) ?? 0) + bytes;
    if (total > 0) counts.set(place, total);
    else counts.delete(place);
    end = path.indexOf('/', end) + 1;
    if (end === 0) return;
  }
}
