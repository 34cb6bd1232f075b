import { printable } from './format.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
}

// Characters that take two places on a terminal: CJK, Hangul, full-width forms, emoji.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const nothing = /^\p{M}|^\p{Cf}/u;

/** How many places a text takes on a terminal. */
export function width(text: string): number {
  let places = 0;
  for (const character of text) places += wide.test(character) ? 2 : nothing.test(character) ? 0 : 1;
  return places;
}

/** Aligned columns under their titles; `bold` marks the titles. Ends without a line break. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  bold: (text: string) => string = (text) => text,
): string {
  const cells = rows.map((row) => row.map((cell) => printable(cell)));
  const widths = columns.map(({ title }, i) =>
    Math.max(width(title), ...cells.map((row) => width(row[i] ?? ''))),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => {
        const gap = ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(cell)));
        return columns[i]?.right ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  return [bold(line(columns.map(({ title }) => title))), ...cells.map(line)].join('\n');
}
