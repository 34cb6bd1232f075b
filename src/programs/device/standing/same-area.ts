import { parseAreaUri } from '../../../api/area/index.ts';

/** An area is the same with and without the user's place behind it (N8). */
export function sameArea(one: string, other: string): boolean {
  const [a, b] = [parseAreaUri(one), parseAreaUri(other)];
  return a.base === b.base && a.area === b.area;
}
