/**
 * Cuts a stream of bytes into components. Bytes between components (blank lines, a byte order mark, comments)
 * belong to none.
 */
import { concat } from '../../lib/bytes.ts';
import { VObjectError } from './errors.ts';
import { Boundary, headerOf, isFolded, isQuotedPrintable, type Line, lineAt } from './lines.ts';

/** Offsets count from the first byte of the stream. `bytes` are valid until the next call. */
export type Piece =
  | {
      readonly kind: 'component';
      readonly offset: number;
      /** From `BEGIN` to behind the line end of `END`, as they are. */
      readonly bytes: Uint8Array;
      /** False when the next component, or the end of the stream, came before `END`. */
      readonly ended: boolean;
    }
  | {
      /** Longer than the limit: only its beginning is given. */
      readonly kind: 'overlong';
      readonly offset: number;
      readonly bytes: Uint8Array;
    };

const BOM = [0xef, 0xbb, 0xbf];
/** So much of an overlong component is kept. */
const HEAD = 64 * 1024;
/** A line outside of components that is longer than this is no `BEGIN`. */
const LONGEST_OUTSIDE = 4096;

export class Splitter {
  readonly #limit: number;
  readonly #begin: Boundary;
  readonly #end: Boundary;

  /** What has not been cut yet; its first byte is at `#base` of the stream. */
  #bytes: Uint8Array = new Uint8Array(0);
  /** `#bytes` lies in a chunk of the caller. */
  #borrowed = false;
  #base = 0;
  /** The next line to look at, and the beginning of the open component (-1: none), in `#bytes`. */
  #at = 0;
  #open = -1;
  #depth = 0;
  #checked = false;
  /** The rest of a line whose beginning was thrown away comes first. */
  #midLine = false;
  /** An overlong component goes on: its lines are looked at but not kept. */
  #dropping = false;

  #quotedPrintable = false;
  /** The line before ended in a soft line break. */
  #soft = false;
  /** The property before is `AGENT` without a value: a card follows as its value (vCard 2.1 §2.4.2). */
  #agent = false;
  /** An `END` stood behind a soft line break: the line behind it says whether it was one. */
  #doubtful = -1;

  /** @param limit bytes that a component may have at most */
  constructor(name: string, limit = 16 * 1024 * 1024) {
    this.#limit = limit;
    this.#begin = new Boundary('BEGIN', name);
    this.#end = new Boundary('END', name);
  }

  /** @throws VObjectError when the stream is UTF-16 */
  push(chunk: Uint8Array): Piece[] {
    this.#append(chunk);
    const pieces = this.#cut(false);
    this.#keepRest();
    return pieces;
  }

  /** No more bytes. */
  end(): Piece[] {
    const pieces = this.#cut(true);
    if (this.#open >= 0) {
      if (this.#doubtful >= 0) this.#emit(pieces, this.#doubtful, true);
      else this.#emit(pieces, this.#bytes.length, false);
    }
    return pieces;
  }

  #append(chunk: Uint8Array): void {
    this.#borrowed = this.#bytes.length === 0;
    this.#bytes = this.#borrowed ? chunk : concat(this.#bytes, chunk);
  }

  /** The caller may fill its chunk anew once it is done with the pieces. */
  #keepRest(): void {
    const done = this.#open >= 0 ? this.#open : this.#at;
    if (done === 0 && !this.#borrowed) return;
    this.#bytes = this.#bytes.slice(done);
    this.#base += done;
    this.#at -= done;
    if (this.#open >= 0) this.#open = 0;
    if (this.#doubtful >= 0) this.#doubtful -= done;
  }

  #cut(final: boolean): Piece[] {
    const pieces: Piece[] = [];
    if (!this.#checked) {
      if (this.#bytes.length < 4 && !final) return pieces;
      refuseUtf16(this.#bytes);
      this.#checked = true;
    }
    for (let line = this.#line(final); line; line = this.#line(final)) {
      this.#at = line.next;
      if (this.#midLine) this.#midLine = false;
      else if (this.#depth === 0) this.#outside(line);
      else this.#inside(line, pieces);
    }
    this.#bound(pieces);
    return pieces;
  }

  #line(final: boolean): Line | undefined {
    return lineAt(this.#bytes, this.#at, final);
  }

  /** Keeps memory bounded whatever comes. */
  #bound(pieces: Piece[]): void {
    if (this.#open >= 0 && this.#bytes.length - this.#open > this.#limit) {
      const head = this.#bytes.subarray(this.#open, this.#open + HEAD);
      pieces.push({ kind: 'overlong', offset: this.#base + this.#open, bytes: head });
      this.#open = -1;
      this.#doubtful = -1;
      this.#dropping = true;
    }
    if (this.#open < 0 && this.#bytes.length - this.#at > LONGEST_OUTSIDE) {
      this.#at = this.#bytes.length;
      this.#midLine = true;
    }
  }

  #outside(line: Line): void {
    const bytes = this.#bytes;
    const start = BOM.every((byte, i) => bytes[line.start + i] === byte) ? line.start + 3 : line.start;
    if (this.#begin.matches(bytes, start, line.end)) this.#start(start);
  }

  #start(at: number): void {
    this.#open = at;
    this.#depth = 1;
    this.#soft = this.#agent = this.#quotedPrintable = false;
    this.#doubtful = -1;
  }

  #inside(line: Line, pieces: Piece[]): void {
    const bytes = this.#bytes;
    const begins = this.#begin.matches(bytes, line.start, line.end);
    if (this.#doubtful >= 0) {
      const at = this.#doubtful;
      this.#doubtful = -1;
      if (begins || line.end === line.start) {
        this.#emit(pieces, at, true);
        if (begins) this.#start(line.start);
        return;
      }
    }
    if (this.#soft || isFolded(bytes, line)) this.#continue(line);
    else if (begins) this.#again(line, pieces);
    else if (line.end > line.start) this.#property(line, pieces);
  }

  /** A `BEGIN` inside a component: the value of `AGENT`, or the one before has no `END`. */
  #again(line: Line, pieces: Piece[]): void {
    if (this.#agent) {
      this.#depth++;
      this.#agent = false;
    } else {
      this.#emit(pieces, line.start, false);
      this.#start(line.start);
    }
  }

  #property(line: Line, pieces: Piece[]): void {
    const bytes = this.#bytes;
    if (this.#end.matches(bytes, line.start, line.end)) {
      this.#agent = false;
      if (--this.#depth === 0) this.#emit(pieces, line.next, true);
      return;
    }
    const header = headerOf(bytes, line);
    this.#quotedPrintable = header !== undefined && isQuotedPrintable(header);
    this.#agent = header?.name === 'AGENT' && blank(bytes, header.value, line.end);
    this.#soft = this.#quotedPrintable && endsSoft(bytes, line);
  }

  /** A folded line, or one behind a soft line break (RFC 2045 §6.7). */
  #continue(line: Line): void {
    if (this.#soft && this.#depth === 1 && this.#end.matches(this.#bytes, line.start, line.end)) {
      this.#doubtful = line.next;
    }
    if (!blank(this.#bytes, line.start, line.end)) this.#agent = false;
    this.#soft = this.#quotedPrintable && endsSoft(this.#bytes, line);
  }

  #emit(pieces: Piece[], to: number, ended: boolean): void {
    if (!this.#dropping) {
      const bytes = this.#bytes.subarray(this.#open, to);
      pieces.push({ kind: 'component', offset: this.#base + this.#open, bytes, ended });
    }
    this.#dropping = false;
    this.#open = -1;
    this.#depth = 0;
  }
}

const endsSoft = (bytes: Uint8Array, line: Line): boolean =>
  line.end > line.start && bytes[line.end - 1] === 0x3d;

function blank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0x20 && bytes[i] !== 0x09) return false;
  return true;
}

function refuseUtf16(bytes: Uint8Array): void {
  const [a, b] = bytes;
  const marked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  const bare = bytes.length > 1 && (a === 0) !== (b === 0);
  if (marked || bare) throw new VObjectError('it is UTF-16: export it again as UTF-8');
}
