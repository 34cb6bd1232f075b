/**
 * iCalendar: a calendar as an `.ics` file, or a folder of them (not below it), as `records` has them.
 *
 * - An item is what has one `UID` in a file: an event, to-do or journal with all its overridden recurrences; the
 *   exact bytes from `BEGIN` to behind the line end of `END`, one after the other. Time zones (`timezone:TZID`),
 *   free-busy times and components that nobody knows are items too. Their bytes alone are no calendar: what wraps
 *   them is the layout of the file.
 * - A component without a `UID` is named by its content. One without `END` is no item, but part of the layout.
 * - A restored event brings no time zone with it: that is an item of its own, restored with the calendar. Applications
 *   know the common zones by their names.
 * - A new file gets `BEGIN:VCALENDAR`, `VERSION` and `PRODID` when no layout is restored. Keeping both gives the
 *   restored event a new `UID` made from its content, the only line that is not restored as it was; a time zone that
 *   differs is left as it is then.
 */
import type { Source } from '../../database/index.ts';
import type { PlaceOptions } from '../files/index.ts';
import { recordSource } from '../records/index.ts';
import { icalendar } from './icalendar.ts';

export const icalendarSource = (options: PlaceOptions): Source => recordSource(icalendar, options);
