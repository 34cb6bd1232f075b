/**
 * Folder of a database below `--into`. Names of databases and labels come out of a backup: nothing in one may lead
 * elsewhere, and two different ones never share a folder.
 */

// Separators, what Windows forbids, control characters; `%` itself, so that it can be undone.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
const UNSAFE = /[\u0000-\u001f\u007f-\u009f%/\\:*?"<>|\u202a-\u202e\u2066-\u2069]/g;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/** Longest name in bytes that every file system takes, with room for the end that makes it unique. */
const LIMIT = 200;

/** `sha256hex` is asked only for names that are too long. */
export function folderName(name: string, sha256hex: (text: string) => string): string {
  let safe = name.toWellFormed().replace(UNSAFE, escapeCharacter);
  // A dot or space at either end: hidden, `..`, or dropped by Windows.
  safe = safe.replace(/^[. ]|[. ]$/g, escapeCharacter);
  if (safe === '' || RESERVED.test(safe)) safe = `%${safe}`;
  if (Buffer.byteLength(safe) <= LIMIT) return safe;
  const start = Buffer.from(safe)
    .subarray(0, LIMIT - 20)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${start}%~${sha256hex(name).slice(0, 16)}`;
}

const escapeCharacter = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
