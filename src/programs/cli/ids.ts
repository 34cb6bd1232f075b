/**
 * Ids are base64url: one in 64 begins with `-`, and would be taken for a flag. They are marked while a command line is
 * understood, so that an id can be typed as it is shown.
 */
const ID = /^-[A-Za-z0-9_-]{21}$/;
const FLAG = /^--[a-z][a-z-]*$/;
/** Of private use: no id and no flag holds it. */
const MARK = '\ue000';

export const markIds = (argv: readonly string[]): string[] =>
  argv.map((arg) => (ID.test(arg) && !FLAG.test(arg) ? MARK + arg : arg));

/** A word or a message as it was before. */
export const unmarked = (text: string): string => text.replaceAll(MARK, '');
