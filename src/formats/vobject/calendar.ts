/** Cuts an iCalendar stream (RFC 5545) into its components: events, to-dos, journals, time zones and whatever else. */
import { LineCutter, type LineJudge, type Verdict } from '../cut/index.ts';
import { VObjectError } from './errors.ts';
import { EventFacts } from './event.ts';
import { ascii } from './lines.ts';

/** Never inside another one: one that begins says that the one before it has no `END`. */
const MAIN: ReadonlySet<string> = new Set(['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'VTIMEZONE']);

/**
 * A part is one component of a calendar, from its `BEGIN` to behind the line end of its `END`; also one outside of
 * any calendar. `BEGIN:VCALENDAR`, the calendar's properties and `END:VCALENDAR` are gaps, and so is a component
 * without `END`: whatever was put behind it would seem to lie inside it.
 *
 * Its id is its `UID`, and `timezone:` with the `TZID` for a time zone.
 */
export const calendarCutter = (): LineCutter => new LineCutter(new CalendarJudge(), true);

class CalendarJudge implements LineJudge {
  /** Name of the open component. */
  #name: string | undefined;
  /** Components open within the part, itself included; how many of them have its name. */
  #depth = 0;
  #same = 0;
  #facts = new EventFacts('');
  #ended = false;
  #calendars = 0;
  #components = 0;
  #lines = 0;

  judge(head: Uint8Array): Verdict {
    if (this.#lines++ === 0) refuseUtf16(head);
    const boundary = boundaryOf(head);
    if (!boundary) {
      if (this.#name !== undefined) this.#facts.line(head, this.#depth === 1);
      return 'inside';
    }
    const { begins, name } = boundary;
    if (name === 'VCALENDAR') {
      this.#calendars = Math.max(0, this.#calendars + (begins ? 1 : -1));
      this.#name = undefined;
      return 'gap';
    }
    if (begins) return this.#begin(name);
    if (this.#name === undefined) return 'gap';
    this.#depth = Math.max(1, this.#depth - 1);
    if (name !== this.#name || --this.#same > 0) return 'inside';
    this.#ended = true;
    this.#name = undefined;
    return 'last';
  }

  facts() {
    const ended = this.#ended;
    this.#ended = false;
    return ended ? this.#facts.end() : undefined;
  }

  damage(open: boolean): string | undefined {
    const short = this.#calendars > 0 || (open && this.#components > 1);
    return short ? 'it ends before its calendar does: it was cut short; export it again' : undefined;
  }

  #begin(name: string): Verdict {
    const open = this.#name;
    if (open !== undefined && !MAIN.has(name)) {
      this.#depth++;
      if (name === open) this.#same++;
      return 'inside';
    }
    this.#name = name;
    this.#depth = this.#same = 1;
    this.#components++;
    this.#facts = new EventFacts(name);
    return 'begin';
  }
}

function boundaryOf(head: Uint8Array): { begins: boolean; name: string } | undefined {
  if (head.length > 200) return undefined;
  const first = head[0] === 0xef ? 3 : 0;
  const letter = head[first]! | 0x20;
  if (letter !== 0x62 && letter !== 0x65) return undefined;
  const match = /^(BEGIN|END)[ \t]*:[ \t]*(\S+)[ \t]*$/i.exec(ascii(head, first, head.length));
  return match ? { begins: match[1]!.length === 5, name: match[2]!.toUpperCase() } : undefined;
}

function refuseUtf16(head: Uint8Array): void {
  const [a, b] = head;
  const marked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  const bare = head.length > 1 && (a === 0) !== (b === 0);
  if (marked || bare) throw new VObjectError('it is UTF-16: export it again as UTF-8');
}
