import { usage } from '../errors.ts';

const sizes = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;
const times = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `1048576`, `512M`, `50G`: bytes. */
export function parseBytes(flag: string, text: string): number {
  const [, digits, unit = ''] = /^(\d{1,12})([KMGT]?)(?:i?B)?$/i.exec(text) ?? [];
  const value = Number(digits) * sizes[unit.toUpperCase() as keyof typeof sizes];
  if (!Number.isSafeInteger(value)) throw usage(`${flag} ${text}: wanted is a size, for example 500M or 50G`);
  return value;
}

/** `30s`, `15m`, `24h`, `7d`: milliseconds. */
export function parseDuration(flag: string, text: string): number {
  const [, digits, unit] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  if (!unit || Number(digits) === 0)
    throw usage(`${flag} ${text}: wanted is a time, for example 15m, 24h or 7d`);
  return Number(digits) * times[unit as keyof typeof times];
}

/** `7`: how many, at least one. */
export function parseCount(flag: string, text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value === 0) throw usage(`${flag} ${text}: wanted is a number from 1 on`);
  return value;
}
