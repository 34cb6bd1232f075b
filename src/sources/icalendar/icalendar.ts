import { calendarCutter, lineEndOf, withUid } from '../../formats/vobject/index.ts';
import { fromUtf8, utf8 } from '../../lib/bytes.ts';
import type { BytePath } from '../files/index.ts';
import { type RecordKind, uuidOf } from '../records/index.ts';

const NOTHING = new Uint8Array(0);
const NAMES = /^[^.].*\.(ics|ical|icalendar|ifb|vcs)$/i;

export const icalendar: RecordKind = {
  kind: 'icalendar',
  type: 'text/calendar',
  one: 'the components of one calendar item',
  isOurs: (name: BytePath) => NAMES.test(name),
  isFile: (name: BytePath) => NAMES.test(name),
  fileFor: () => 'calendar.ics',
  cutter: () => calendarCutter(),
  id: (facts) => facts.id,
  joins: true,
  wrapper: () => ({
    before: utf8('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Holdfast//Holdfast//EN\r\n'),
    after: utf8('END:VCALENDAR\r\n'),
  }),
  split(gap) {
    const at = insertion(gap);
    return [gap.subarray(0, at), gap.subarray(at)];
  },
  // A component begins on a line of its own, and so does what follows it.
  separator(tail) {
    const last = tail.at(-1);
    return last === undefined || last === 0x0a || last === 0x0d ? NOTHING : lineEnd(tail);
  },
  recount: (gap) => gap,
  renamed(parts, seed, id) {
    if (id.startsWith('timezone:')) return 'kept';
    const uid = uuidOf(seed);
    return { id: uid, parts: parts.map((part) => withUid(part, uid, nameOf(part))) };
  },
};

/** Of what is followed, if it shows; else CRLF (RFC 5545 §3.1). */
const lineEnd = (tail: Uint8Array): Uint8Array => lineEndOf(tail);

const nameOf = (component: Uint8Array): string =>
  /^\S*?BEGIN[ \t]*:[ \t]*(\S+)/i.exec(fromUtf8(component.subarray(0, 256)))?.[1] ?? '';

/** Before a component without `END`, else before the last `END:VCALENDAR`, else the end. */
function insertion(gap: Uint8Array): number {
  const text = new TextDecoder('latin1').decode(gap);
  const begin = /(?:^|[\r\n])\ufeff?BEGIN[ \t]*:[ \t]*(?!VCALENDAR\s)[^\s]/i.exec(text);
  const end = [...text.matchAll(/(?:^|[\r\n])END[ \t]*:[ \t]*VCALENDAR[ \t]*(?=[\r\n]|$)/gi)].at(-1);
  const at = begin ?? end;
  if (!at) return gap.length;
  return at.index + (/^[\r\n]/.test(at[0]) ? 1 : 0);
}
