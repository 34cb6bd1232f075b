/**
 * What has to stay at a destination so that the kept sets can be restored: worked out from the manifests, which need
 * no key, and from what the catalogue knows of segments that nothing lies in any more.
 */
import {
  type ChainPlace,
  envelopeName,
  type Manifest,
  type ManifestDatabase,
  manifestName,
  segmentPath,
} from '../../set/index.ts';
import type { Liveness } from '../catalogue.ts';
import type { VerifiedManifest } from '../chain/index.ts';

export interface Needed {
  /** Names of objects. */
  readonly objects: ReadonlySet<string>;
  /** Ids of the sets whose manifests stay. */
  readonly manifests: ReadonlySet<string>;
}

/** `manifests` by id of set: of all sets that the chain still has, kept or not. The newest is the last of `kept`. */
export function neededObjects(
  place: ChainPlace,
  manifests: ReadonlyMap<string, VerifiedManifest>,
  kept: readonly string[],
  liveness: Liveness,
): Needed {
  const objects = new Set<string>();
  const stay = new Set<string>();
  const of = (set: string): Manifest => {
    const found = manifests.get(set);
    if (!found) throw new RangeError(`set ${set} is used and not there`);
    return found.manifest;
  };
  const needManifest = (set: string): void => {
    stay.add(set);
    objects.add(manifestName(place, of(set).counter, set));
  };
  const needSegment = (manifest: Manifest, database: ManifestDatabase, id: string): void => {
    objects.add(segmentPath(place, manifest.set, id));
    const { id: keyring, envelopes } = manifest.keyring;
    for (const { number, databases } of envelopes)
      if (databases.some((one) => one.id === database.id)) objects.add(envelopeName(place, keyring, number));
  };

  const newest = kept.at(-1);
  for (const set of kept) {
    const { uses, indexes, counter } = of(set);
    needManifest(set);
    for (const used of uses) needManifest(used.set);
    for (const part of indexes.flat()) {
      const manifest = of(part.set);
      const database = manifest.databases.find((one) => one.id === part.database);
      for (const segment of database?.segments ?? [])
        if (segment.stream === 'index') needSegment(manifest, database!, segment.id);
    }
    const alive = aliveAt(counter, set === newest, liveness);
    for (const manifest of [of(set), ...uses.map((used) => of(used.set))])
      for (const database of manifest.databases)
        for (const segment of database.segments)
          if (segment.stream === 'data' && alive(`${manifest.set}/${segment.id}`))
            needSegment(manifest, database, segment.id);
  }
  return { objects, manifests: stay };
}

/** Of a segment that is not known to be dead, only the newest set is known not to need it. */
function aliveAt(counter: number, newest: boolean, { live, dead }: Liveness): (segment: string) => boolean {
  return (segment) => {
    if (newest) return live.has(segment);
    const since = dead.get(segment);
    return since === undefined || counter < since;
  };
}
