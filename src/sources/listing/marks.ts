import { hash } from 'node:crypto';
import { utf8 } from '../../lib/bytes.ts';

/** The beginning of a hash of a text: 16 hexadecimal digits. */
export const markOf = (text: string): string => hash('sha256', utf8(text), 'buffer').toString('hex', 0, 8);

/** A set of marks, which are the first bytes of hashes: 8 bytes each, 16 with the room that a hash table needs. */
export class Marks {
  /** Two words a mark; both 0: free. */
  #table = new Uint32Array(2 * 1024);
  #count = 0;
  #zero = false;

  /**
   * @param mark 16 hexadecimal digits
   * @returns whether it is new
   */
  add(mark: string): boolean {
    const high = Number.parseInt(mark.slice(0, 8), 16);
    const low = Number.parseInt(mark.slice(8), 16);
    if (high === 0 && low === 0) {
      const fresh = !this.#zero;
      this.#zero = true;
      return fresh;
    }
    const at = placeIn(this.#table, high, low);
    if (this.#table[at] !== 0 || this.#table[at + 1] !== 0) return false;
    this.#table[at] = low;
    this.#table[at + 1] = high;
    // Three quarters full.
    if (++this.#count * 8 > this.#table.length * 3) this.#grow();
    return true;
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Uint32Array(2 * before.length);
    for (let from = 0; from < before.length; from += 2) {
      const low = before[from]!;
      const high = before[from + 1]!;
      if (low === 0 && high === 0) continue;
      const at = placeIn(this.#table, high, low);
      this.#table[at] = low;
      this.#table[at + 1] = high;
    }
  }
}

/** Where a mark is, or may go. */
function placeIn(table: Uint32Array, high: number, low: number): number {
  const mask = table.length / 2 - 1;
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    const at = 2 * slot;
    if (table[at] === low && table[at + 1] === high) return at;
    if (table[at] === 0 && table[at + 1] === 0) return at;
  }
}
