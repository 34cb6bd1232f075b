/** Where restored items go, and how many of them did what. */
import type { LeftOut, Restored, SourceRow, WrittenEvent } from '../../../api/device/index.ts';
import type { WriterFor } from '../../../backup/index.ts';
import type { SourceWriter, Written } from '../../../database/index.ts';
import { showBytes } from '../../../lib/bytes.ts';
import { DeviceError, RefusedError } from '../errors.ts';
import { labelsOf } from '../source-book.ts';

export type Target = Parameters<WriterFor>[0];

/** A place to write to: a source of this device, or a folder below `into`. */
export interface Place {
  /** For people; one place has one name. */
  readonly name: string;
  open(): Promise<SourceWriter>;
}

/** Refused by policy: the items are left out, and the policy is named. */
export interface Denied {
  readonly denied: string;
  readonly reason: string;
}

export interface Targets {
  readonly writerFor: WriterFor;
  restored(): Restored[];
  leftOut(): LeftOut[];
  /** @throws RefusedError when a policy kept everything out */
  refuseNothing(): void;
}

/**
 * Opens each place once, also when items of both classes go there, and counts what is written.
 * @param tell is told of each item, and awaited
 */
export function countingTargets(
  placeFor: (target: Target) => Promise<Place | Denied>,
  tell?: (written: WrittenEvent) => void | Promise<void>,
): Targets {
  const open = new Map<string, Promise<SourceWriter>>();
  const rows: Restored[] = [];
  const denied: (LeftOut & { policy: string })[] = [];
  return {
    async writerFor(target) {
      const { database, class: itemClass, label } = target;
      const place = await placeFor(target);
      if ('denied' in place) {
        denied.push({
          database,
          class: itemClass,
          label,
          code: 'denied',
          reason: place.reason,
          policy: place.denied,
        });
        return nowhere;
      }
      let writer = open.get(place.name);
      if (!writer) open.set(place.name, (writer = place.open().then(endedOnce)));
      const row = {
        database,
        class: itemClass,
        target: place.name,
        ...{ added: 0, replaced: 0, kept: 0, keptBoth: 0, bytes: 0 },
      };
      rows.push(row);
      return counting(await writer, row, tell);
    },
    restored: () => rows,
    leftOut: () => denied,
    refuseNothing() {
      const [first] = denied;
      if (first && rows.length === 0)
        throw new RefusedError(first.policy, `"${first.database}": ${first.reason}`);
    },
  };
}

const columns: Record<Written, 'added' | 'replaced' | 'kept' | 'keptBoth'> = {
  added: 'added',
  replaced: 'replaced',
  kept: 'kept',
  'kept-both': 'keptBoth',
};

function counting(
  writer: SourceWriter,
  row: Restored,
  tell: ((written: WrittenEvent) => void | Promise<void>) | undefined,
): SourceWriter {
  const { database, class: itemClass, target } = row;
  return {
    async put(item, size, content) {
      const written = await writer.put(item, size, content);
      row[columns[written]]++;
      row.bytes += size;
      if (tell) {
        const { uid, title } = item;
        const what = { database, class: itemClass, target, uid: showBytes(uid), title, size };
        await tell({ kind: 'written', written, ...what });
      }
      return written;
    },
    prepare: async () => writer.prepare?.(),
    commit: () => writer.commit(),
    abort: () => writer.abort(),
  };
}

/** A writer that two classes share is committed, or aborted, once. */
function endedOnce(writer: SourceWriter): SourceWriter {
  let prepared: Promise<void> | undefined;
  let committed: Promise<void> | undefined;
  let aborted: Promise<void> | undefined;
  return {
    put: (item, size, content) => writer.put(item, size, content),
    prepare: () => (prepared ??= writer.prepare?.() ?? Promise.resolve()),
    commit: () => (committed ??= writer.commit()),
    abort: () => (aborted ??= writer.abort()),
  };
}

const nowhere: SourceWriter = {
  put: async () => 'kept',
  commit: async () => {},
  abort: async () => {},
};

/** The source that had the items, else the only one of that database and kind. @throws DeviceError `ERR_WHICH` */
export function sourceFor(sources: readonly SourceRow[], target: Target): SourceRow {
  const { database, sourceKind, label } = target;
  const fitting = sources.filter((source) => source.database === database && source.kind === sourceKind);
  const same = fitting.find((source) => source.label === label);
  if (same) return same;
  const [only, ...more] = fitting;
  if (only && more.length === 0) return only;
  const what = `items of "${database}" came from source "${label}" of kind ${sourceKind}`;
  const which =
    fitting.length > 0
      ? `several could take them: ${fitting.map((source) => source.label).join(', ')}`
      : `no source here takes them; ${labelsOf(sources)}`;
  throw new DeviceError(
    'ERR_WHICH',
    `${what}; ${which}. Add a source with that label, or restore with --into DIR`,
  );
}
