/** Durations as administrators write them: a whole number and one unit. */

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** One to five digits: at most 99999 days. */
export const DURATION = '^[1-9][0-9]{0,4}[smhd]$';

const pattern = new RegExp(DURATION);

/** `24h` → 86400000; undefined when the text is no duration. */
export function durationMs(text: string): number | undefined {
  if (!pattern.test(text)) return undefined;
  return Number(text.slice(0, -1)) * UNITS[text.slice(-1) as keyof typeof UNITS];
}

/** 86400000 → `1d`: the largest unit that divides it; anything finer than a second as `1500ms`. */
export function showDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms > 0 && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  }
  return `${ms}ms`;
}
