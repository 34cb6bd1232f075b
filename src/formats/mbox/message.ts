/** The few facts about a mail message that a backup needs: its `Message-ID`, subject and time. */
import { concat } from '../../lib/bytes.ts';
import type { Facts } from '../cut/index.ts';
import { decodeWords, oneLine } from './words.ts';

const WANTED: ReadonlySet<string> = new Set(['message-id', 'subject', 'date']);
/** More of a field is not looked at. */
const LONGEST = 16 * 1024;
/** More lines of a header are not looked at. */
const MAX_LINES = 2000;

/** Takes the lines of a message one by one; after the header it looks at nothing any more. */
export class MessageFacts {
  readonly #fromLine: string;
  readonly #found = new Map<string, Uint8Array[]>();
  #current: Uint8Array[] | undefined;
  #lines = 0;

  /** @param fromLine of an mbox: the last resort for the time */
  constructor(fromLine = '') {
    this.#fromLine = fromLine;
  }

  get done(): boolean {
    return this.#lines >= MAX_LINES;
  }

  /** @param head the line without its end, or the beginning of a long one */
  line(head: Uint8Array): void {
    if (this.done) return;
    const first = head[0];
    if (first === undefined) {
      this.#lines = MAX_LINES;
      return;
    }
    this.#lines++;
    if (first !== 0x20 && first !== 0x09) this.#current = this.#field(head);
    else if (this.#current && this.#current.length < 200) this.#current.push(head.slice());
  }

  end(): Facts {
    const id = /<[!-;=?-ÿ]{1,990}>/.exec(this.#latin1('message-id'))?.[0];
    const subject = this.#value('subject');
    const title = [...oneLine(subject ? decodeWords(subject) : '')].slice(0, 200).join('');
    const time = parseDate(this.#latin1('date')) || parseDate(this.#fromLine.replace(/^From (- )?\S*/, ''));
    return { ...(id !== undefined && { id }), title, time };
  }

  #field(head: Uint8Array): Uint8Array[] | undefined {
    const colon = head.subarray(0, 32).indexOf(0x3a);
    if (colon < 4) return undefined;
    const name = latin1(head.subarray(0, colon)).trim().toLowerCase();
    if (!WANTED.has(name) || this.#found.has(name)) return undefined;
    const parts = [head.slice(colon + 1)];
    this.#found.set(name, parts);
    return parts;
  }

  #value(name: string): Uint8Array | undefined {
    const parts = this.#found.get(name);
    return parts && concat(...parts).subarray(0, LONGEST);
  }

  #latin1(name: string): string {
    const value = this.#value(name);
    return value ? latin1(value) : '';
  }
}

/** Of a message by its first bytes. */
export function messageFacts(bytes: Uint8Array): Facts {
  const facts = new MessageFacts();
  for (let at = 0; at < bytes.length && !facts.done; ) {
    const lf = bytes.indexOf(0x0a, at);
    const next = lf < 0 ? bytes.length : lf + 1;
    let end = lf < 0 ? next : lf;
    if (end > at && bytes[end - 1] === 0x0d) end--;
    facts.line(bytes.subarray(at, end));
    at = next;
  }
  return facts.end();
}

const latin1 = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*';
const TIME = String.raw`(\d{1,2}):(\d\d)(?::(\d\d))?(?: *([+-]\d{4}|[A-Z]{1,5})\b)?`;
/** RFC 5322 §3.3: `21 Nov 1997 09:55:06 -0600`. */
const MAIL_DATE = new RegExp(String.raw`(\d{1,2})[ -]+${MONTH}[ -]+(\d{2,4}) +${TIME}`, 'i');
/** Of `From ` lines, and of whoever cannot do better: `Nov 21 09:55:06 1997`. */
const FROM_DATE = new RegExp(String.raw`${MONTH} +(\d{1,2}) +${TIME} +(\d{4})\b`, 'i');

/** As Unix ms; without a zone it is UTC; else 0. */
function parseDate(text: string): number {
  const mail = MAIL_DATE.exec(text);
  if (mail) {
    const [, day, month, year, hour, minute, second, zone] = mail;
    return timeOf(fullYear(year!), month!, day!, [hour, minute, second], zone);
  }
  const from = FROM_DATE.exec(text);
  if (!from) return 0;
  const [, month, day, hour, minute, second, zone, year] = from;
  return timeOf(Number(year), month!, day!, [hour, minute, second], zone);
}

function timeOf(
  year: number,
  month: string,
  day: string,
  [hour, minute, second = '0']: readonly (string | undefined)[],
  zone = '',
): number {
  const utc = Date.UTC(year, MONTHS.indexOf(month.toLowerCase()), +day, +hour!, +minute!, +second);
  return Math.max(0, utc - offsetOf(zone));
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** RFC 5322 §4.3: years of two or three digits. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length === 4) return year;
  return year + (text.length === 2 && year < 50 ? 2000 : 1900);
}

const ZONES: Readonly<Record<string, number>> = {
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

function offsetOf(zone: string): number {
  const minutes = /^[+-]/.test(zone)
    ? (zone[0] === '-' ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)))
    : (ZONES[zone.toUpperCase()] ?? 0) * 60;
  return minutes * 60_000;
}
