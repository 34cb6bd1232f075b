/** A class of devices by the version of this program on them: `version>=1.2`, `version<2`. */
const RANGE = /^version *(<=|>=|<|>|=) *([0-9]{1,6}(?:\.[0-9]{1,6}){0,3})$/;

/** Whether a name is meant to be such a class, rightly written or not. */
export const namesVersions = (name: string): boolean => /^version *[<>=]/.test(name);

export const isVersionRange = (name: string): boolean => RANGE.test(name);

/**
 * Whether a version is in the range. Numbers decide, missing ones are 0: `1.2` is `1.2.0`. What follows `-` or `+` (a
 * pre-release, a build) counts for nothing. A version that is none is in no range.
 */
export function inVersionRange(range: string, version: string): boolean {
  const [, operator, bound] = RANGE.exec(range) ?? [];
  const [, numbers] = /^([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(?:[-+].*)?$/s.exec(version) ?? [];
  if (bound === undefined || numbers === undefined) return false;
  const order = compare(numbers, bound);
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return order === 0;
  }
}

function compare(one: string, other: string): number {
  const [a, b] = [one, other].map((text) => text.split('.').map(Number));
  for (let at = 0; at < 4; at++) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
