/**
 * Text that came from elsewhere, for people: C0, DEL and C1, which move a terminal's cursor, and the marks that reorder
 * text, so that a name reads as another, do not come through.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** For what is only to be read: a blank in place of each. */
export const cleaned = (text: string): string => text.replace(unsafe, ' ').trim();

/** JSON in which such characters stand as escapes: the same value, for those who read it with `cat`, too. */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value).replace(unsafe, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
