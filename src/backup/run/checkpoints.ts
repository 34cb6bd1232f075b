/**
 * Checkpoints: how far a backup file is usable when it breaks off (B11). Each one lists everything that is stored by
 * then; of the index it adds what came since the one before. docs/format/backup-file.md, "Writing".
 */
import { utf8 } from '../../lib/bytes.ts';
import {
  type IndexEntry,
  type IndexPart,
  MANIFEST_TYP,
  type Manifest,
  manifestName,
  type SegmentTable,
} from '../../set/index.ts';
import type { UnitKey } from '../catalogue.ts';
import { readChanges } from '../packed.ts';
import type { Checkpointing, Run } from './run-context.ts';
import { SegmentList } from './segment-list.ts';
import { sourcesOf, survey, writePart } from './write-index.ts';

/** Bytes of changes that wait for a checkpoint at most. */
const MOST_WAITING = 16 * 1024 * 1024;

/** Between two checkpoints lie at least so many times the bytes of the first: all together they stay small. */
const SPARSE = 32;

/** What the checkpoints so far have of a database and class, and what the next one adds. */
interface Covered {
  readonly parts: IndexPart[];
  waiting: Uint8Array[];
}

/** Of a run that begins a chain: what a file holds is one set. */
export class Checkpoints implements Checkpointing {
  readonly #run: Run;
  readonly #covered = new Map<UnitKey, Covered>();
  readonly #segments: SegmentList;
  #waiting = 0;
  /** Bytes stored before the last one, and bytes that may come until the next. */
  #since = 0;
  #interval: number;

  constructor(run: Run, every: number) {
    this.#run = run;
    this.#interval = every;
    this.#segments = new SegmentList(run.context.platform);
  }

  stored(table: SegmentTable): void {
    this.#segments.add('data', table);
  }

  recorded(unit: UnitKey, changes: Uint8Array): void {
    let covered = this.#covered.get(unit);
    if (!covered) this.#covered.set(unit, (covered = { parts: [], waiting: [] }));
    covered.waiting.push(changes);
    this.#waiting += changes.length;
  }

  /** A listing failed: nothing is said about it any more. */
  discard(unit: UnitKey): void {
    this.#covered.delete(unit);
  }

  get due(): boolean {
    const { stored, uploads, context, recorder } = this.#run;
    // What is under way will be recorded once it has arrived.
    if (this.#waiting === 0 && recorder!.empty) return false;
    const next = stored - this.#since + (uploads.running + 1) * context.destination.segmentLimit;
    return next > this.#interval || this.#waiting > MOST_WAITING;
  }

  get behind(): boolean {
    return this.#waiting > 0 && [...this.#covered.values()].some(({ parts }) => parts.length > 0);
  }

  async put(): Promise<void> {
    const run = this.#run;
    await run.uploads.finish();
    this.#since = run.stored;
    if (this.#waiting === 0) return;
    await this.#addParts();
    await run.keyring.storeEnvelopes(run.place);
    run.context.signal.throwIfAborted();
    const bytes = utf8(await run.context.keys.sign(MANIFEST_TYP, utf8(JSON.stringify(this.#manifest()))));
    const name = manifestName(run.place, 1, run.catalogueRun!.set);
    await run.context.destination.putObject(name, 'checkpoint', bytes);
    this.#interval = Math.max(run.context.destination.checkpointEvery ?? 0, SPARSE * bytes.length);
    this.#since = run.stored;
  }

  /** A full index of what the first checkpoint has of a database, a delta for each later one. */
  async #addParts(): Promise<void> {
    const run = this.#run;
    const written: { covered: Covered; database: string; segments: readonly SegmentTable[] }[] = [];
    for (const [key, covered] of this.#covered) {
      const { waiting } = covered;
      if (waiting.length === 0) continue;
      const entries = () => entriesOf(waiting);
      const { plans } = run.request;
      const rule = plans.find((plan) => plan.database === key.database)!.rules(key.class);
      const { database, segments } = await writePart(
        run,
        { key, rule },
        {
          kind: covered.parts.length === 0 ? 'full' : 'delta',
          sources: sourcesOf(plans, key.database),
          ...survey(entries()),
          entries,
        },
      );
      covered.waiting = [];
      written.push({ covered, database, segments });
    }
    this.#waiting = 0;
    await run.uploads.finish();
    const { set } = run.catalogueRun!;
    for (const { covered, database, segments } of written) {
      const ids = segments.map((table) => this.#segments.add('index', table));
      covered.parts.push({ set, database, segments: ids });
    }
  }

  #manifest(): Manifest {
    const run = this.#run;
    const { device, chain } = run.place;
    return {
      v: 1,
      kind: 'checkpoint',
      device,
      chain,
      set: run.catalogueRun!.set,
      counter: 1,
      base: 1,
      time: run.context.clock(),
      keyring: run.keyring.manifest(),
      databases: this.#segments.databases(run.plain),
      indexes: [...this.#covered.values()].map(({ parts }) => parts).filter((parts) => parts.length > 0),
      uses: [],
    };
  }
}

function* entriesOf(changes: readonly Uint8Array[]): Generator<IndexEntry> {
  for (const bytes of changes)
    for (const change of readChanges(bytes)) if (!change.same) yield change.item.entry();
}
