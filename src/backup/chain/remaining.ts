import type { Manifest, ManifestDatabase } from '../../set/index.ts';
import type { Chain } from './chain.ts';

/** What pruning has left of the databases of a set. */
export function remainingDatabases(
  manifest: Manifest,
  { pruning }: Pick<Chain, 'pruning'>,
): ManifestDatabase[] {
  const gone = pruning?.manifest.prune.gone.find((one) => one.set === manifest.set)?.segments ?? [];
  return manifest.databases
    .map((database) => ({ ...database, segments: database.segments.filter(({ id }) => !gone.includes(id)) }))
    .filter((database) => database.segments.length > 0);
}
