/**
 * vObject: the line format shared by vCard 2.1 (versit), 3.0 (RFC 2426) and 4.0 (RFC 6350), and by iCalendar
 * (RFC 5545). A component runs from its `BEGIN:NAME` line to its `END:NAME` line.
 *
 * Real files break every rule of these specifications, so nothing here parses and writes back: components are cut
 * out as the exact bytes they are, and only uid, title and time are read, leniently.
 */
export { componentBody, endComponent, lineEndOf } from './body.ts';
export { calendarCutter } from './calendar.ts';
export * from './errors.ts';
export { type CardHead, readCardHead, withUid } from './head.ts';
export { type Piece, Splitter } from './split.ts';
