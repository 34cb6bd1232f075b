/** Values as people read them. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `512 B`, `1.5 KiB`, `117 MiB`. */
export function bytes(value: number): string {
  let rest = value;
  let unit = 0;
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1024;
    unit++;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : 1;
  return `${rest.toFixed(digits)} ${units[unit]}`;
}

/** `1 item`, `2,300 items`. */
export const count = (value: number, noun: string, plural = `${noun}s`): string =>
  `${value.toLocaleString('en-US')} ${value === 1 ? noun : plural}`;

/** Milliseconds as `340 ms`, `4.2 s`, `3 m 20 s`, `5 h 10 m`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  const shown = parts.slice(first, first + 2).filter(([amount]) => amount > 0);
  return shown.map(([amount, unit]) => `${amount} ${unit}`).join(' ');
}

/** Unix ms as local `2026-11-21 21:04:05`; `-` for 0, which means not known. */
export function dateTime(ms: number): string {
  if (ms === 0) return '-';
  const date = new Date(ms);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

// C0, DEL and C1, and the marks that reorder text: names of items come from anyone (U2).
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to be escaped
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** One line that a terminal shows as it is, whatever was in it. JSON stays the same JSON. */
export const printable = (text: string): string =>
  text.replace(unprintable, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Several lines, with tabs, and with what `bold` puts around titles. */
export const printableText = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what the output itself writes
    .split(/(\u001b\[(?:1|22)m|\t|\r?\n)/)
    .map((part, at) => (at % 2 === 0 ? printable(part) : part))
    .join('');
