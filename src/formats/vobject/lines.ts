/** Physical lines of bytes: ended by CRLF, LF or a lone CR. */

export interface Line {
  readonly start: number;
  /** Behind the last byte of the text. */
  readonly end: number;
  /** Behind the line end. */
  readonly next: number;
}

const LF = 0x0a;
const CR = 0x0d;

/**
 * The line that begins at `start`; undefined when its end is not among the bytes yet. With `final` set no more
 * bytes will come.
 */
export function lineAt(bytes: Uint8Array, start: number, final: boolean): Line | undefined {
  const length = bytes.length;
  let end = start;
  while (end < length && bytes[end] !== LF && bytes[end] !== CR) end++;
  if (end === length) return final && end > start ? { start, end, next: end } : undefined;
  if (bytes[end] === LF) return { start, end, next: end + 1 };
  if (end + 1 === length && !final) return undefined;
  return { start, end, next: bytes[end + 1] === LF ? end + 2 : end + 1 };
}

/** Whether the line continues the one before (folding). */
export function isFolded(bytes: Uint8Array, line: Line): boolean {
  const first = bytes[line.start];
  return line.end > line.start && (first === 0x20 || first === 0x09);
}

/** The bytes as text, one character a byte; at most `limit` of them. For looking at ASCII syntax only. */
export function ascii(bytes: Uint8Array, start: number, end: number, limit = 256): string {
  let text = '';
  const stop = Math.min(end, start + limit);
  for (let i = start; i < stop; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** A property line: `group.NAME;params:value`. */
export interface Header {
  /** Upper case, without group. */
  readonly name: string;
  /** Upper case, from the first `;` on; empty without parameters. */
  readonly params: string;
  /** Where the value begins. */
  readonly value: number;
}

/** Reads a line up to its `:`; undefined when it is not a property. Colons in quotes do not count (RFC 6350 §3.3). */
export function headerOf(bytes: Uint8Array, line: Line): Header | undefined {
  const stop = Math.min(line.end, line.start + 1024);
  let quoted = false;
  let colon = -1;
  for (let i = line.start; i < stop; i++) {
    const byte = bytes[i];
    if (byte === 0x22) quoted = !quoted;
    else if (byte === 0x3a && !quoted) {
      colon = i;
      break;
    }
  }
  if (colon < 0) return undefined;
  const text = ascii(bytes, line.start, colon, 1024).toUpperCase();
  const semicolon = text.indexOf(';');
  const full = semicolon < 0 ? text : text.slice(0, semicolon);
  const name = full.slice(full.lastIndexOf('.') + 1).trim();
  return { name, params: semicolon < 0 ? '' : text.slice(semicolon), value: colon + 1 };
}

/** Parameter `ENCODING=QUOTED-PRINTABLE`, or bare `QUOTED-PRINTABLE` as vCard 2.1 allows. */
export const isQuotedPrintable = (header: Header): boolean =>
  /;\s*(ENCODING\s*=\s*)?"?QUOTED-PRINTABLE"?\s*(;|$)/.test(header.params);

/** `BEGIN:NAME` or `END:NAME`, in any case, with stray blanks. */
export class Boundary {
  readonly #pattern: RegExp;
  readonly #first: number;

  constructor(word: 'BEGIN' | 'END', name: string) {
    this.#pattern = new RegExp(`^${word}[ \\t]*:[ \\t]*${name}[ \\t]*$`, 'i');
    this.#first = word.charCodeAt(0) | 0x20;
  }

  matches(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > 64 || (bytes[start]! | 0x20) !== this.#first) return false;
    return this.#pattern.test(ascii(bytes, start, end));
  }
}
