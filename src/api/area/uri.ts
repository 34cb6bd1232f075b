import { AreaUriError } from './errors.ts';
import { isAreaId, isPlace } from './names.ts';

/** Where an area is, and the user's place in it. */
export interface AreaLocation {
  /** `https://host[:port][/path]`, no slash at the end. */
  readonly base: string;
  /** 22 characters. */
  readonly area: string;
  /** Empty, or components with a slash at the end: the user's place (N8). */
  readonly place: string;
}

/**
 * The URI of an area (N8): `BASE/areas/AREA`, and behind it the user's place, if there is one.
 *
 * @example areaUri({ base: 'https://backup.example', area: 'fTmR…', place: '' }) // https://backup.example/areas/fTmR…
 */
export const areaUri = ({ base, area, place }: AreaLocation): string =>
  `${base}/areas/${area}${place === '' ? '' : `/${place}`}`;

/** The inverse of {@link areaUri}. @throws AreaUriError */
export function parseAreaUri(text: string): AreaLocation {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new AreaUriError(`not a http or https URI: ${shown(text)}`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new AreaUriError('the URI of an area holds no user, password, query or fragment');
  }
  const [, before, area, after = ''] = /^(.*?)\/areas\/([^/]+)(?:\/(.*))?$/.exec(url.pathname) ?? [];
  const place = after === '' || after.endsWith('/') ? after : `${after}/`;
  if (area === undefined || !isAreaId(area) || !isPlace(place)) {
    throw new AreaUriError(`not the URI of an area (…/areas/ID): ${shown(text)}`);
  }
  return { base: url.origin + before, area, place };
}

/** An area is the same with and without the user's place behind it (N8). @throws AreaUriError */
export function sameArea(one: string, other: string): boolean {
  const [a, b] = [parseAreaUri(one), parseAreaUri(other)];
  return a.base === b.base && a.area === b.area;
}

const shown = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
