/** The few facts about a vCard that a backup needs: uid, title, time. */
import { concat, utf8 } from '../../lib/bytes.ts';
import { Boundary, type Header, headerOf, isFolded, isQuotedPrintable, lineAt } from './lines.ts';
import { decodeText, oneLine, parseTime, readableText, splitText, transferDecode } from './text.ts';

export interface CardHead {
  /** The value of `UID`, without blanks around it; absent when the card has none. */
  readonly uid?: Uint8Array;
  /** `FN`, else made of `N`, else `ORG`; at most 200 characters; may be empty. */
  readonly title: string;
  /** `REV` as Unix ms; 0 when there is none. */
  readonly time: number;
}

/** A property with its value unfolded, and where its lines lie. */
interface Property {
  readonly header: Header;
  readonly value: Uint8Array;
  readonly start: number;
  readonly next: number;
}

const WANTED: ReadonlySet<string> = new Set(['UID', 'FN', 'N', 'ORG', 'REV']);
/** More of a value is not looked at. */
const LONGEST = 64 * 1024;

export function readCardHead(card: Uint8Array): CardHead {
  const found = new Map<string, Property>();
  for (const property of properties(card)) {
    const { name } = property.header;
    if (!found.has(name) && property.value.length > 0) found.set(name, property);
  }
  const uid = uidOf(found.get('UID'));
  return { ...(uid && { uid }), title: titleOf(found), time: timeOf(found.get('REV')) };
}

/**
 * The card under another uid: its `UID` line is written anew, every other byte stays. For keeping two versions of
 * one card side by side.
 *
 * @param uid ASCII without line ends
 * @param name of the component, when it is no card
 */
export function withUid(card: Uint8Array, uid: string, name = 'VCARD'): Uint8Array {
  for (const { header, start, next } of properties(card, name)) {
    if (header.name !== 'UID') continue;
    const line = lineAt(card, start, true)!;
    return concat(
      card.subarray(0, start),
      utf8(`UID:${uid}`),
      card.subarray(line.end, line.next),
      card.subarray(next),
    );
  }
  return card;
}

/** The wanted properties of the card itself; those of a card inside it (AGENT) are passed over. */
function* properties(card: Uint8Array, name = 'VCARD'): Generator<Property> {
  const begin = new Boundary('BEGIN', name);
  const end = new Boundary('END', name);
  let depth = 0;
  for (let at = 0, line = lineAt(card, 0, true); line; line = lineAt(card, at, true)) {
    at = line.next;
    if (isFolded(card, line)) continue;
    if (begin.matches(card, line.start, line.end)) depth++;
    else if (end.matches(card, line.start, line.end)) depth--;
    const header = headerOf(card, line);
    if (depth !== 1 || !header || !(WANTED.has(header.name) || isQuotedPrintable(header))) continue;
    const { value, next } = unfold(card, header, line.end, line.next);
    at = next;
    if (WANTED.has(header.name)) yield { header, value, start: line.start, next };
  }
}

/** Joins folded lines (RFC 6350 §3.2) and soft line breaks (RFC 2045 §6.7). */
function unfold(
  card: Uint8Array,
  header: Header,
  lineEnd: number,
  lineNext: number,
): { value: Uint8Array; next: number } {
  const soft = isQuotedPrintable(header);
  const parts: Uint8Array[] = [];
  let length = 0;
  let part = card.subarray(header.value, lineEnd);
  let at = lineNext;
  for (;;) {
    const broken = soft && part[part.length - 1] === 0x3d;
    if (length < LONGEST) parts.push(broken ? part.subarray(0, -1) : part);
    length += part.length;
    const line = lineAt(card, at, true);
    const folded = line !== undefined && isFolded(card, line);
    if (!line || !(broken || folded)) return { value: concat(...parts), next: at };
    part = card.subarray(folded && !broken ? line.start + 1 : line.start, line.end);
    at = line.next;
  }
}

function uidOf(property: Property | undefined): Uint8Array | undefined {
  if (!property) return undefined;
  const bytes = transferDecode(property.header, property.value);
  let start = 0;
  let end = bytes.length;
  while (start < end && bytes[start]! <= 0x20) start++;
  while (end > start && bytes[end - 1]! <= 0x20) end--;
  return end > start ? bytes.slice(start, end) : undefined;
}

function titleOf(found: ReadonlyMap<string, Property>): string {
  const fn = found.get('FN');
  const n = found.get('N');
  const org = found.get('ORG');
  let title = fn ? readableText(fn.header, fn.value) : '';
  if (!title && n) {
    const [family, given, additional, prefix, suffix] = splitText(decodeText(n.header, n.value));
    title = oneLine([prefix, given, additional, family, suffix].filter(Boolean).join(' '));
  }
  if (!title && org) title = splitText(decodeText(org.header, org.value)).filter(Boolean).join(', ');
  return [...title].slice(0, 200).join('');
}

const timeOf = (property: Property | undefined): number =>
  property ? parseTime(oneLine(decodeText(property.header, property.value))) : 0;
