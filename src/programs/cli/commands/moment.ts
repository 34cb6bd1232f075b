import { usage } from '../errors.ts';
import { parseDuration } from './amounts.ts';

const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,3}))?)?[ ]?(Z|[+-]\d\d:?\d\d)?)?$/i;
const AGO = /^(\d{1,5}[smhd])(?: ago)?$/;

/**
 * A time to look back to, Unix ms: `2026-11-20`, `2026-11-20T14:05`, `2026-11-20 14:05:30+01:00` (ISO 8601; local unless
 * a zone is given), `3d` (ago). It stands for all that it names, so that a set counts whose time is shown like that: a
 * day lasts until its end, a minute until its last second.
 */
export function parseMoment(flag: string, text: string, now: number): number {
  const ago = AGO.exec(text.trim());
  if (ago) return now - parseDuration(flag, ago[1]!);
  const parts = DATE_TIME.exec(text.trim());
  const time = parts && momentOf(parts);
  if (time === undefined || time === null || !(time >= 0))
    throw usage(
      `${flag} ${text}: wanted is a time, for example 2026-11-20, 2026-11-20T14:05, 2026-11-20T14:05:30Z, or 2h or 3d for so long ago`,
    );
  return time;
}

function momentOf([, ...parts]: RegExpExecArray): number | undefined {
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts
    .slice(0, 6)
    .map((part) => Number(part ?? 0));
  const ms = Number((parts[6] ?? '').padEnd(3, '0'));
  const fields = [year!, month! - 1, day!, hour, minute, second, ms] as const;
  const utc = new Date(Date.UTC(...fields));
  // 30 February, 25 o'clock: dates roll over what there is not.
  const same = [
    utc.getUTCMonth(),
    utc.getUTCDate(),
    utc.getUTCHours(),
    utc.getUTCMinutes(),
    utc.getUTCSeconds(),
  ];
  if (same.some((value, i) => value !== fields[i + 1])) return undefined;
  const zone = parts[7];
  if (parts[3] === undefined) return new Date(year!, month! - 1, day! + 1).getTime() - 1;
  const lasts = parts[5] === undefined ? 59_999 : parts[6] === undefined ? 999 : 0;
  return (zone === undefined ? new Date(...fields).getTime() : utc.getTime() - offsetOf(zone)) + lasts;
}

/** `+01:00` in ms. */
function offsetOf(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
