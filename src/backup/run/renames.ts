import type { PresentEntry } from '../../set/index.ts';

type Content = Pick<PresentEntry, 'size' | 'fingerprint'>;

/** Tells what is only called otherwise from what is gone, by the bytes: a renamed folder is no mass change (U6). */
export class Renames {
  /** Marks of the items that are not listed any more: there may be a million of them. */
  readonly #gone: number[] = [];
  readonly #there = new Set<number>();
  #goneEmpty = 0;
  #newEmpty = 0;

  gone({ size, fingerprint }: Content): void {
    if (size === 0) this.#goneEmpty++;
    else this.#gone.push(markOf(fingerprint));
  }

  /** A new item has bytes that are known, or none. */
  there({ size, fingerprint }: Content): void {
    if (size === 0) this.#newEmpty++;
    else this.#there.add(markOf(fingerprint));
  }

  /** How many of those that are gone are there under another uid. */
  get count(): number {
    const renamed = this.#gone.reduce((sum, mark) => sum + (this.#there.has(mark) ? 1 : 0), 0);
    return renamed + Math.min(this.#goneEmpty, this.#newEmpty);
  }
}

/** 48 bits of a hash. */
const markOf = (hash: Uint8Array): number =>
  ((hash[0]! << 24) | (hash[1]! << 16) | (hash[2]! << 8) | hash[3]!) * 0x10000 + (hash[4]! << 8) + hash[5]!;
