import { createHash } from 'node:crypto';

/** By this line a file is known as ours, and as it was written. */
const MARK = /^(?:#|<!--) Written by: holdfast device service install\. Checksum: ([\w-]{43})(?: -->)?\n/m;

/** Adds the line: at the start, or behind the first line where that has to say what the file is. */
export function sign(text: string, comment: '#' | '<!--'): string {
  const end = comment === '#' ? '' : ' -->';
  const line = `${comment} Written by: holdfast device service install. Checksum: ${checksum(text)}${end}\n`;
  return comment === '#' ? line + text : text.replace('\n', `\n${line}`);
}

/** `changed`: ours once, but somebody has put something of their own into it. */
export function whose(text: string): 'ours' | 'changed' | 'foreign' {
  const [, sum] = MARK.exec(text) ?? [];
  if (sum === undefined) return 'foreign';
  return checksum(text.replace(MARK, '')) === sum ? 'ours' : 'changed';
}

const checksum = (text: string): string => createHash('sha256').update(text).digest('base64url');
