/**
 * What the parts of one run share.
 */
import { fromBase64Url } from '../../lib/bytes.ts';
import type { DatabaseRule } from '../../policy/rules/index.ts';
import type { ChainPlace, SegmentTable } from '../../set/index.ts';
import type { Catalogue, CatalogueRun, UnitKey } from '../catalogue.ts';
import { gearTable } from '../chunk/index.ts';
import type { EngineContext, Progress } from '../contract.ts';
import type { BackupRequest, LeftOut } from '../requests.ts';
import type { Keyring } from './keyring.ts';
import { Recorder } from './recorder.ts';
import { SegmentStream } from './segment-stream.ts';
import { Uploads } from './uploads.ts';

/** A database and class under its present rule. */
interface SealedUnit {
  readonly key: UnitKey;
  readonly rule: DatabaseRule;
}

/** Progress is reported this often at most, in ms. */
const PROGRESS_EVERY = 100;

export class Run {
  readonly context: EngineContext;
  readonly request: BackupRequest;
  readonly place: ChainPlace;
  readonly keyring: Keyring;
  /** Undefined in a dry run. */
  readonly catalogueRun: CatalogueRun | undefined;
  readonly recorder: Recorder | undefined;
  /** Secret of the chain's content-defined chunks, and where it says that content is cut. */
  readonly chunking: Uint8Array;
  readonly gear: Uint32Array;
  readonly uploads = new Uploads();
  readonly leftOut: LeftOut[] = [];
  /** Uids (hex) of the items asked for, and of those that a source listed; undefined = everything. */
  readonly chosen: ReadonlySet<string> | undefined;
  readonly seen = new Set<string>();
  stored = 0;
  #done = { items: 0, bytes: 0 };
  #reported = -PROGRESS_EVERY;

  constructor(
    context: EngineContext,
    request: BackupRequest,
    place: ChainPlace,
    keyring: Keyring,
    catalogueRun: CatalogueRun | undefined,
    chunking: Uint8Array,
  ) {
    this.context = context;
    this.request = request;
    this.place = place;
    this.keyring = keyring;
    this.catalogueRun = catalogueRun;
    this.chosen = request.items && new Set(request.items.map((uid) => uid.toHex()));
    this.chunking = chunking;
    this.gear = gearTable(context.platform, chunking);
    this.recorder = catalogueRun && new Recorder(catalogueRun);
  }

  get catalogue(): Catalogue {
    return this.request.catalogue;
  }

  get full(): boolean {
    return this.request.full ?? false;
  }

  /** The key of a unit under its present rule. @throws CryptoError `ERR_NO_KEY` */
  dataKey(unit: SealedUnit): { id: Uint8Array; key: Uint8Array } {
    const { encrypt, custody } = unit.rule;
    if (encrypt === 'none') throw new TypeError('a plain unit has no key');
    return this.keyring.unit(
      unit.key,
      custody,
      this.context.keys.recipients({ ...unit.key, encrypt, custody }),
    );
  }

  stream(
    stream: 'data' | 'index',
    unit: SealedUnit,
    keys: { id: Uint8Array; key: Uint8Array },
    collect?: (table: SegmentTable) => void,
  ): SegmentStream {
    const run = this.catalogueRun!;
    return new SegmentStream(
      this.context,
      {
        chain: this.place,
        set: fromBase64Url(run.set),
        database: keys.id,
        dataKey: keys.key,
        stream,
      },
      { compress: unit.rule.compress === 'on', pad: unit.rule.pad === 'on' },
      this.uploads,
      () => (collect ? 0 : run.nextSegment()),
      (number, table) => {
        for (const frame of table.frames) this.stored += frame.length;
        if (collect) collect(table);
        else this.recorder!.stored(number, table);
      },
    );
  }

  progress(phase: Progress['phase'], database: string, items: number, bytes: number): void {
    this.#done.items += items;
    this.#done.bytes += bytes;
    // Not the context's clock: that one cannot be set back, and asking it costs more than an item.
    const now = performance.now();
    if (now - this.#reported < PROGRESS_EVERY) return;
    this.#reported = now;
    this.context.report({ kind: 'progress', phase, database, ...this.#done });
  }
}
