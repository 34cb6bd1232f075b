import { equalBytes, showBytes } from '../../lib/bytes.ts';
import { BaseError } from '../../lib/errors.ts';
import { chooseSet, OpenedSet, openIndex, setInfo } from '../chain/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';
import type { VerifyReport, VerifyRequest } from '../requests.ts';
import { LARGE, readLarge, readWindow, windows } from '../restore/index.ts';

/**
 * Verifies a set without restoring it. Structure: the chain, and every segment of the set and of those that it uses,
 * against the manifests; needs no key. Content: every item is opened and compared with its fingerprint.
 * Damage is listed, not thrown; what makes the set unreadable as a whole is thrown.
 */
export async function verify(context: EngineContext, request: VerifyRequest): Promise<VerifyReport> {
  const { chain, verified } = await chooseSet(context, request);
  const set = new OpenedSet(context, verified);
  const damage: { object: string; code: string; reason: string }[] = [];
  const note = (object: string, error: unknown): void => {
    if (!(error instanceof BaseError) || error.kind !== 'integrity') throw error;
    damage.push({ object, code: error.code, reason: error.message });
  };

  let segments = 0;
  for (const id of [...set.manifest.uses.map((used) => used.set), set.manifest.set]) {
    const manifest = await set.manifestOf(id);
    for (const database of manifest.databases)
      for (const segment of database.segments) {
        context.signal.throwIfAborted();
        await set
          .wholeSegment(id, database.id, segment)
          .catch((error) => note(`${segment.stream} segment ${id}/${segment.id}`, error));
        segments++;
        context.report({ kind: 'progress', phase: 'verify', items: segments, bytes: 0 });
      }
  }

  const counts = request.structureOnly ? { items: 0, bytes: 0 } : await verifyItems(context, set, note);
  return { set: setInfo(verified), freshness: chain.freshness, segments, ...counts, damage };
}

async function verifyItems(
  context: EngineContext,
  set: OpenedSet,
  note: (object: string, error: unknown) => void,
): Promise<{ items: number; bytes: number }> {
  const { platform } = context;
  const counts = { items: 0, bytes: 0 };
  for (const parts of set.manifest.indexes) {
    const index = await openIndex(set, parts).catch((error) => note('index', error));
    if (!index) continue;
    const { database } = index.header;
    for await (const window of windows(index.items)) {
      context.signal.throwIfAborted();
      const one = window.length === 1 && window[0]!.entry.size > LARGE ? window[0]! : undefined;
      try {
        const hashes = one
          ? [await hashLarge(context, set, one)]
          : (await readWindow(set, window)).map((bytes) => platform.sha256(bytes));
        window.forEach(({ entry }, i) => {
          if (!equalBytes(hashes[i]!, entry.fingerprint))
            note(`item ${showBytes(entry.uid)} of ${database}`, otherBytes());
        });
      } catch (error) {
        // Each item by itself, to say which ones are lost and which are not.
        if (window.length === 1) note(`item ${showBytes(window[0]!.entry.uid)} of ${database}`, error);
        else
          for (const item of window)
            await readWindow(set, [item]).catch((cause) =>
              note(`item ${showBytes(item.entry.uid)} of ${database}`, cause),
            );
      }
      for (const { entry } of window) {
        counts.items++;
        counts.bytes += entry.size;
      }
      context.report({ kind: 'progress', phase: 'verify', database, ...counts });
    }
  }
  return counts;
}

const otherBytes = (): BackupError =>
  new BackupError('ERR_SEGMENT', 'its bytes are not those that the index names');

async function hashLarge(
  context: EngineContext,
  set: OpenedSet,
  item: Parameters<typeof readLarge>[1],
): Promise<Uint8Array> {
  const hasher = context.platform.hasher();
  for await (const chunk of readLarge(set, item)) hasher.update(chunk);
  return hasher.digest();
}
