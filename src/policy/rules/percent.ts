/** Shares as administrators write them: whole percent. */

/** `0%` to `100%`. */
export const PERCENT = '^(?:100|[1-9]?[0-9])%$';

const pattern = new RegExp(PERCENT);

/** `30%` → 30; undefined when the text is no such share. */
export function percentValue(text: string): number | undefined {
  return pattern.test(text) ? Number(text.slice(0, -1)) : undefined;
}

/** 30 → `30%` */
export const showPercent = (percent: number): string => `${percent}%`;
