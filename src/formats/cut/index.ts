/**
 * Cut: a stream of bytes taken apart into parts, which are messages, events or calls, and the gaps around them:
 * headers, white space, junk. Every byte comes out once, in order and as it was, so that parts and gaps laid end to
 * end are the stream again. Nothing is held but what is not decided yet, whatever the stream is.
 */
export type { Cut, Cutter, Facts } from './cutter.ts';
export { LineCutter, type LineJudge, type Verdict } from './lines.ts';
