/** The end of a component: its `END` line and line ends, which an application may add or drop at will. */
import { concat, utf8 } from '../../lib/bytes.ts';
import { Boundary, lineAt } from './lines.ts';

const LF = 0x0a;
const CR = 0x0d;

/**
 * The component without its `END` line and line ends: two components with equal bodies are the same one, however
 * they were laid into their files.
 */
export function componentBody(bytes: Uint8Array, name: string): Uint8Array {
  let end = trimEnd(bytes, bytes.length);
  const lastLine = lineStart(bytes, end);
  if (lastLine > 0 && new Boundary('END', name).matches(bytes, lastLine, end)) end = trimEnd(bytes, lastLine);
  return bytes.subarray(0, end);
}

/** The line end of the first line; CRLF when there is none. */
export function lineEndOf(bytes: Uint8Array): Uint8Array {
  const line = lineAt(bytes, 0, true);
  return line && line.next > line.end ? bytes.slice(line.end, line.next) : utf8('\r\n');
}

/** The component so that another may follow: with `END` and a line end. Unchanged when it has both. */
export function endComponent(bytes: Uint8Array, name: string, ended: boolean): Uint8Array {
  const last = bytes[bytes.length - 1];
  const lineEnd = lineEndOf(bytes);
  const closed = last === LF || last === CR ? bytes : concat(bytes, lineEnd);
  return ended ? closed : concat(closed, utf8(`END:${name}`), lineEnd);
}

function trimEnd(bytes: Uint8Array, from: number): number {
  let end = from;
  while (end > 0 && (bytes[end - 1] === LF || bytes[end - 1] === CR)) end--;
  return end;
}

function lineStart(bytes: Uint8Array, from: number): number {
  let start = from;
  while (start > 0 && bytes[start - 1] !== LF && bytes[start - 1] !== CR) start--;
  return start;
}
