/** What can be checked without a key: every object that a set needs is there, and the one that manifests name. */
import type { Manifest } from '../../set/index.ts';
import {
  type Chain,
  fetchEnvelope,
  isGone,
  type OpenedSet,
  originalOf,
  Rewraps,
  remainingDatabases,
} from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import { isDamage, type Note } from './items.ts';

/** Segments and envelopes of the set and of those that it uses. @returns how many segments */
export async function verifyStructure(
  context: EngineContext,
  chain: Chain,
  set: OpenedSet,
  note: Note,
): Promise<number> {
  let segments = 0;
  const envelopes: EnvelopeChecks = { seen: new Set(), rewraps: new Rewraps(context) };
  for (const id of [...set.manifest.uses.map((used) => used.set), set.manifest.set]) {
    const manifest = await set.manifestOf(id).catch((error: unknown) => {
      if (!isDamage(error)) throw error;
      note({ object: `manifest of set ${id}` }, error);
    });
    if (!manifest) continue;
    const databases = remainingDatabases(manifest, chain);
    for (const database of databases)
      for (const segment of database.segments) {
        context.signal.throwIfAborted();
        await set
          .checkSegment(id, database.id, segment)
          .catch((error) => note({ object: `${segment.stream} segment ${id}/${segment.id}` }, error));
        segments++;
        context.report({ kind: 'progress', phase: 'verify', items: segments, bytes: 0 });
      }
    await verifyEnvelopes(context, set, { ...manifest, databases }, envelopes, note);
  }
  return segments;
}

interface EnvelopeChecks {
  readonly seen: Set<string>;
  readonly rewraps: Rewraps;
}

/** Each once: sets of a keyring share them. One that was wrapped anew may be gone. */
async function verifyEnvelopes(
  context: EngineContext,
  { place }: OpenedSet,
  { keyring, databases }: Manifest,
  checks: EnvelopeChecks,
  note: Note,
): Promise<void> {
  for (const envelope of keyring.envelopes) {
    const named = { place, keyring: keyring.id, envelope };
    const original = originalOf(named);
    const needed = envelope.databases.some(({ id }) => databases.some((database) => database.id === id));
    if (!needed || checks.seen.has(`${original.name} ${original.hash}`)) continue;
    checks.seen.add(`${original.name} ${original.hash}`);
    try {
      await fetchEnvelope(context, original);
    } catch (error) {
      if (isGone(error) && (await checks.rewraps.hasAny(named))) continue;
      note({ object: `envelope ${keyring.id}-${envelope.number}` }, error);
    }
  }
}
