import type { Extent } from '../../set/index.ts';

/**
 * How many bytes of items a run adds to segments and takes from them: when nothing is left in one, it is dead, and
 * pruning may delete it once no kept set needs it. Cost is that of what changed.
 */
export class LiveBytes {
  readonly #bytes = new Map<number, number>();

  add(segment: number, length: number): void {
    this.#bytes.set(segment, (this.#bytes.get(segment) ?? 0) + length);
  }

  addAll(extents: readonly Extent[]): void {
    for (const { segment, length } of extents) this.add(segment, length);
  }

  removeAll(extents: readonly Extent[]): void {
    for (const { segment, length } of extents) this.add(segment, -length);
  }

  /** By number of the segment. */
  changes(): (readonly [segment: number, bytes: number])[] {
    return [...this.#bytes].filter(([, bytes]) => bytes !== 0);
  }
}
