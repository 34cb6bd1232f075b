/** What can be checked without a key: every object that a set needs is there, and the one that manifests name. */
import { MAX_ENVELOPE } from '../../crypto/index.ts';
import { toBase64Url } from '../../lib/bytes.ts';
import { envelopeName, type Manifest, type ManifestDatabase } from '../../set/index.ts';
import type { Chain, OpenedSet } from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import { isDamage, type Note } from './items.ts';

/** Segments and envelopes of the set and of those that it uses. @returns how many segments */
export async function verifyStructure(
  context: EngineContext,
  chain: Chain,
  set: OpenedSet,
  note: Note,
): Promise<number> {
  let segments = 0;
  const envelopes = new Set<string>();
  for (const id of [...set.manifest.uses.map((used) => used.set), set.manifest.set]) {
    const manifest = await set.manifestOf(id).catch((error: unknown) => {
      if (!isDamage(error)) throw error;
      note({ object: `manifest of set ${id}` }, error);
    });
    if (!manifest) continue;
    const databases = withoutGone(manifest, chain);
    for (const database of databases)
      for (const segment of database.segments) {
        context.signal.throwIfAborted();
        await set
          .wholeSegment(id, database.id, segment)
          .catch((error) => note({ object: `${segment.stream} segment ${id}/${segment.id}` }, error));
        segments++;
        context.report({ kind: 'progress', phase: 'verify', items: segments, bytes: 0 });
      }
    await verifyEnvelopes(context, set, { ...manifest, databases }, envelopes, note);
  }
  return segments;
}

/** What pruning has left of a set. */
function withoutGone(manifest: Manifest, { pruning }: Chain): ManifestDatabase[] {
  const gone = pruning?.manifest.prune.gone.find((one) => one.set === manifest.set)?.segments ?? [];
  return manifest.databases
    .map((database) => ({ ...database, segments: database.segments.filter(({ id }) => !gone.includes(id)) }))
    .filter((database) => database.segments.length > 0);
}

/** Each once: sets of a keyring share them. */
async function verifyEnvelopes(
  { destination, platform }: EngineContext,
  set: OpenedSet,
  { keyring, databases }: Manifest,
  seen: Set<string>,
  note: Note,
): Promise<void> {
  for (const { number, hash, databases: holds } of keyring.envelopes) {
    const name = envelopeName(set.place, keyring.id, number);
    const needed = holds.some(({ id }) => databases.some((database) => database.id === id));
    if (!needed || seen.has(`${name} ${hash}`)) continue;
    seen.add(`${name} ${hash}`);
    try {
      const bytes = await destination.getObject(name, MAX_ENVELOPE);
      if (toBase64Url(platform.sha256(bytes)) !== hash)
        throw new BackupError('ERR_MANIFEST', `envelope ${name}: not the one that the manifest names`);
    } catch (error) {
      note({ object: `envelope ${keyring.id}-${number}` }, error);
    }
  }
}
