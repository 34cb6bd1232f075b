/** As a Markdown table that is aligned as plain text too. The first `left` columns are words, the others numbers. */
export function grid(head: readonly string[], rows: readonly (readonly string[])[], left = 2): string {
  const widths = head.map((title, i) => Math.max(title.length, 3, ...rows.map((cells) => cells[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
