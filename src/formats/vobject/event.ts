/** The few facts about a calendar component that a backup needs, gathered line by line. */
import { concat } from '../../lib/bytes.ts';
import type { Facts } from '../cut/index.ts';
import { ascii, type Header, headerOf, isQuotedPrintable } from './lines.ts';
import { decodeText, oneLine, parseTime, readableText } from './text.ts';

const WANTED: ReadonlySet<string> = new Set([
  ...['UID', 'SUMMARY', 'TZID', 'RECURRENCE-ID'],
  ...['LAST-MODIFIED', 'DTSTAMP', 'CREATED'],
]);
/** First letters of them, in lower case. */
const INITIALS: ReadonlySet<number> = new Set([...WANTED].map((name) => name.charCodeAt(0) | 0x20));
/** More of a value is not looked at. */
const LONGEST = 16 * 1024;

interface Value {
  readonly header: Header;
  readonly parts: Uint8Array[];
  length: number;
}

export class EventFacts {
  readonly #name: string;
  readonly #found = new Map<string, Value>();
  /** The property that a folded line goes on with. */
  #current: Value | undefined;

  /** @param name of the component, in upper case */
  constructor(name: string) {
    this.#name = name;
  }

  /** @param own whether it belongs to the component itself, not to one inside it */
  line(head: Uint8Array, own: boolean): void {
    const first = head[0];
    if (first === 0x20 || first === 0x09) this.#more(head.subarray(1));
    else if (this.#current && unbreak(this.#current)) this.#more(head);
    else this.#property(head, own);
  }

  end(): Facts {
    const id = this.#name === 'VTIMEZONE' ? this.#timezone() : idOf(this.#value('UID'));
    const time = this.#time('LAST-MODIFIED') || this.#time('DTSTAMP') || this.#time('CREATED');
    const summary = this.#found.get('SUMMARY') ?? this.#found.get('TZID');
    const title = summary ? readableText(summary.header, concat(...summary.parts)) : '';
    return {
      ...(id !== undefined && { id }),
      title: [...title].slice(0, 200).join(''),
      time,
      main: !this.#found.has('RECURRENCE-ID'),
    };
  }

  #timezone(): string | undefined {
    const id = idOf(this.#value('TZID'));
    return id && `timezone:${id}`;
  }

  #time(name: string): number {
    const value = this.#found.get(name);
    return value ? parseTime(oneLine(decodeText(value.header, concat(...value.parts)))) : 0;
  }

  #value(name: string): Uint8Array | undefined {
    const value = this.#found.get(name);
    return value && value.length < LONGEST ? concat(...value.parts) : undefined;
  }

  #more(bytes: Uint8Array): void {
    const value = this.#current;
    if (!value || value.length >= LONGEST) return;
    // The line may lie in memory that is used again.
    value.parts.push(bytes.slice());
    value.length += bytes.length;
  }

  #property(head: Uint8Array, own: boolean): void {
    this.#current = undefined;
    if (!own || !INITIALS.has((head[0] ?? 0) | 0x20)) return;
    const header = headerOf(head, { start: 0, end: head.length, next: head.length });
    if (!header || !WANTED.has(header.name) || this.#found.has(header.name)) return;
    this.#current = { header, parts: [], length: 0 };
    this.#found.set(header.name, this.#current);
    this.#more(head.subarray(header.value));
  }
}

/** Takes a soft line break (RFC 2045 §6.7, in vCalendar 1.0) off the value's end; false when there is none. */
function unbreak({ header, parts }: Value): boolean {
  const last = parts.at(-1);
  if (last?.at(-1) !== 0x3d || !isQuotedPrintable(header)) return false;
  parts[parts.length - 1] = last.subarray(0, -1);
  return true;
}

/** Without blanks around it; one character a byte. */
function idOf(value: Uint8Array | undefined): string | undefined {
  return (value && ascii(value, 0, value.length, LONGEST).replace(/^[^!-ÿ]+|[^!-ÿ]+$/g, '')) || undefined;
}
