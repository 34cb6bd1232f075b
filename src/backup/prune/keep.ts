import type { UsedSet } from '../../set/index.ts';

/** Which sets to keep: a set is kept when any of these says so. The newest always is. */
export interface KeepRules {
  /** The newest so many. */
  readonly last?: number;
  /** The newest of each of the last so many hours, days, weeks (from Monday), months, years that have one. */
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  /** All within this time before the newest, in ms. */
  readonly within?: number;
}

/** Names the local hour, day, ... that a time is in. */
const periods = {
  hourly: (time: Date) => `${day(time)} ${time.getHours()}`,
  daily: (time: Date) => day(time),
  weekly: (time: Date) => {
    const monday = new Date(time);
    monday.setDate(time.getDate() - ((time.getDay() + 6) % 7));
    return day(monday);
  },
  monthly: (time: Date) => `${time.getFullYear()}-${time.getMonth()}`,
  yearly: (time: Date) => `${time.getFullYear()}`,
} as const;

const day = (time: Date): string => `${time.getFullYear()}-${time.getMonth()}-${time.getDate()}`;

/** The ids of the sets to keep, of `sets` in ascending order of counter. */
export function setsToKeep(sets: readonly UsedSet[], rules: KeepRules): Set<string> {
  const newestFirst = [...sets].reverse();
  const newest = newestFirst[0];
  if (!newest) return new Set();
  const keep = new Set([newest.set]);
  for (const { set } of newestFirst.slice(0, rules.last ?? 0)) keep.add(set);
  for (const { set, time } of newestFirst)
    if (rules.within !== undefined && time > newest.time - rules.within) keep.add(set);
  for (const [name, period] of Object.entries(periods)) {
    const most = rules[name as keyof typeof periods] ?? 0;
    const seen = new Set<string>();
    for (const { set, time } of newestFirst) {
      const of = period(new Date(time));
      if (seen.has(of) || seen.size >= most) continue;
      seen.add(of);
      keep.add(set);
    }
  }
  return keep;
}
