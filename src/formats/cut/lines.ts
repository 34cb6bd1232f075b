/** Cuts at lines: someone who knows the format says of each line where it belongs, by looking at its beginning. */
import { concat } from '../../lib/bytes.ts';
import type { Cut, Cutter, Facts } from './cutter.ts';

/**
 * - `gap`: it belongs to no part, and ends one that is open
 * - `begin`: a part begins with it, and ends one that is open
 * - `inside`: it goes on with what came before
 * - `last`: the open part ends with it
 */
export type Verdict = 'gap' | 'begin' | 'inside' | 'last';

export interface LineJudge {
  /** @param head the line without its end; of a longer one the first {@link LINE_HEAD} bytes */
  judge(head: Uint8Array): Verdict;
  /** Of the part that just ended; undefined: it was none after all, and its bytes are a gap. */
  facts(): Facts | undefined;
  /** @param open the stream ended within a part */
  damage(open: boolean): string | undefined;
}

/** So much of a line is looked at; no more is held. */
export const LINE_HEAD = 8192;

const LF = 0x0a;
const CR = 0x0d;

export class LineCutter implements Cutter {
  damage: string | undefined;
  readonly #judge: LineJudge;
  readonly #loneCr: boolean;
  /** The beginning of a line that is not decided yet. */
  #held: Uint8Array = new Uint8Array(0);
  #open = false;
  /** The line under way was judged already. */
  #midLine = false;
  /** The part ends with the line under way. */
  #last = false;

  #bytes: Uint8Array = new Uint8Array(0);
  /** What was decided but not given out begins here. */
  #from = 0;
  #nextLf = -1;
  #nextCr = -1;

  /** @param loneCr whether a CR without LF ends a line */
  constructor(judge: LineJudge, loneCr: boolean) {
    this.#judge = judge;
    this.#loneCr = loneCr;
  }

  push(chunk: Uint8Array): Cut[] {
    return this.#cut(chunk, false);
  }

  end(): Cut[] {
    const cuts = this.#cut(new Uint8Array(0), true);
    if (this.#last) this.#close(cuts);
    this.damage = this.#judge.damage(this.#open);
    if (this.#open) this.#close(cuts);
    return cuts;
  }

  #cut(chunk: Uint8Array, final: boolean): Cut[] {
    const bytes = this.#held.length > 0 ? concat(this.#held, chunk) : chunk;
    this.#bytes = bytes;
    this.#from = 0;
    this.#nextLf = this.#nextCr = -1;
    const cuts: Cut[] = [];
    let at = 0;
    while (at < bytes.length) {
      const next = this.#lineEnd(at, final);
      if (!this.#midLine) {
        if (next === undefined && !final && bytes.length - at <= LINE_HEAD) break;
        this.#line(at, next ?? bytes.length, cuts);
      }
      this.#midLine = next === undefined;
      at = next ?? this.#undecided(final);
      if (next === undefined) break;
      if (this.#last) {
        this.#give(at, cuts);
        this.#close(cuts);
      }
    }
    this.#give(at, cuts);
    this.#held = bytes.slice(at);
    this.#bytes = this.#held;
    return cuts;
  }

  #line(start: number, next: number, cuts: Cut[]): void {
    const bytes = this.#bytes;
    let end = next;
    if (end > start && bytes[end - 1] === LF) end--;
    if (end > start && bytes[end - 1] === CR) end--;
    const verdict = this.#judge.judge(bytes.subarray(start, Math.min(end, start + LINE_HEAD)));
    if (verdict === 'begin' || (verdict === 'gap' && this.#open)) {
      this.#give(start, cuts);
      if (this.#open) this.#close(cuts);
      this.#open = verdict === 'begin';
    }
    this.#last = verdict === 'last' && this.#open;
  }

  #give(to: number, cuts: Cut[]): void {
    if (to > this.#from)
      cuts.push({ kind: this.#open ? 'part' : 'gap', bytes: this.#bytes.subarray(this.#from, to) });
    this.#from = to;
  }

  #close(cuts: Cut[]): void {
    const facts = this.#judge.facts();
    cuts.push({ kind: 'end', ...(facts && { facts }) });
    this.#open = this.#last = false;
  }

  /** Behind the line end that comes next; undefined when it is not among the bytes. */
  #lineEnd(at: number, final: boolean): number | undefined {
    const { length } = this.#bytes;
    if (this.#nextLf < at) this.#nextLf = this.#find(LF, at);
    if (!this.#loneCr) return this.#nextLf < length ? this.#nextLf + 1 : undefined;
    if (this.#nextCr < at) this.#nextCr = this.#find(CR, at);
    if (this.#nextLf < this.#nextCr) return this.#nextLf + 1;
    if (this.#nextCr >= length || (this.#nextCr + 1 === length && !final)) return undefined;
    return this.#bytes[this.#nextCr + 1] === LF ? this.#nextCr + 2 : this.#nextCr + 1;
  }

  /** Where a CR begins that may be half of a line end; the end of the bytes when there is none. */
  #undecided(final: boolean): number {
    const { length } = this.#bytes;
    return this.#loneCr && !final && this.#bytes[length - 1] === CR ? length - 1 : length;
  }

  #find(byte: number, at: number): number {
    const found = this.#bytes.indexOf(byte, at);
    return found < 0 ? this.#bytes.length : found;
  }
}
