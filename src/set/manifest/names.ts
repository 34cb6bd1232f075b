/**
 * Names of objects below a user's place in a destination. docs/format.md, "Names in a storage area".
 *
 * ```text
 * DEVICE/CHAIN/m/NNNNNNNNNN-SET     manifest          DEVICE/CHAIN/k/KEYRING-N     envelope N of a keyring
 * DEVICE/CHAIN/s/SET/SEGMENT        segment
 * ```
 */

/** Where a chain lies. */
export interface ChainPlace {
  readonly device: string;
  readonly chain: string;
}

const base = (place: ChainPlace): string => `${place.device}/${place.chain}/`;

export const manifestPrefix = (place: ChainPlace): string => `${base(place)}m/`;

export const manifestName = (place: ChainPlace, counter: number, set: string): string =>
  `${manifestPrefix(place)}${String(counter).padStart(10, '0')}-${set}`;

export const envelopeName = (place: ChainPlace, keyring: string, number: number): string =>
  `${base(place)}k/${keyring}-${number}`;

export const setPrefix = (place: ChainPlace, set: string): string => `${base(place)}s/${set}/`;

export const segmentPath = (place: ChainPlace, set: string, segment: string): string =>
  `${setPrefix(place, set)}${segment}`;

const SEGMENTS = /^([\w-]{22}\/[\w-]{22}\/s)\//;

/** Of the name of a segment, one that stands behind all segments of its chain: there are many times as many as of others. */
export function pastSegments(name: string): string | undefined {
  const chain = SEGMENTS.exec(name)?.[1];
  return chain && `${chain}0`; // 0 comes behind /
}

/** For people: what kind of object a name stands for, and the name. */
export function describeObject(name: string): string {
  const [, kind] = /(?:^|\/)([mks])\/(?:[\w-]{22}\/)?[\w-]+$/.exec(name) ?? [];
  const noun = kind === 'm' ? 'manifest' : kind === 'k' ? 'envelope' : kind === 's' ? 'segment' : 'object';
  return `${noun} ${name}`;
}

// An id has one spelling: its last character carries two bits only.
const MANIFEST = /^([\w-]{21}[AQgw])\/([\w-]{21}[AQgw])\/m\/(\d{10})-([\w-]{21}[AQgw])$/;

/** Reads a manifest's name; undefined for every other object. Names from a destination are not to be trusted. */
export function parseManifestName(
  name: string,
): (ChainPlace & { readonly counter: number; readonly set: string }) | undefined {
  const match = MANIFEST.exec(name);
  if (!match) return undefined;
  return { device: match[1]!, chain: match[2]!, counter: Number(match[3]), set: match[4]! };
}
