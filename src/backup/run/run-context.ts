/**
 * What the parts of one run share.
 */
import { fromBase64Url, toBase64Url } from '../../lib/bytes.ts';
import type { DatabaseRule } from '../../policy/rules/index.ts';
import type { ChainPlace, SegmentTable } from '../../set/index.ts';
import type { Catalogue, CatalogueRun, UnitKey } from '../catalogue.ts';
import { gearTable } from '../chunk/index.ts';
import type { EngineContext, Progress } from '../contract.ts';
import type { BackupRequest, LeftOut } from '../requests.ts';
import type { Keyring } from './keyring.ts';
import { Recorder } from './recorder.ts';
import { Room } from './room.ts';
import { sealedFor } from './sealed-for.ts';
import { SegmentStream } from './segment-stream.ts';
import { Uploads } from './uploads.ts';

/** A database and class under its present rule. */
export interface SealedUnit {
  readonly key: UnitKey;
  readonly rule: DatabaseRule;
}

/** A database id, and the data key under it; none when it stays unencrypted (B10). */
interface UnitKeys {
  readonly id: Uint8Array;
  readonly key: Uint8Array | undefined;
}

/** Keeps a destination usable up to where it breaks off. */
export interface Checkpointing {
  stored(table: SegmentTable): void;
  recorded(unit: UnitKey, changes: Uint8Array): void;
  discard(unit: UnitKey): void;
  /** Is it time for the next one? */
  readonly due: boolean;
  /** Is there one, and something stored that it does not have? */
  readonly behind: boolean;
  /** To be awaited between items, or between the pieces of a large one. */
  put(): Promise<void>;
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
  /** Only where the destination wants them. */
  checkpoints: Checkpointing | undefined;
  /** Ids of the databases that stay unencrypted (B10), base64url. */
  readonly plain = new Set<string>();
  stored = 0;
  readonly #plainIds = new Map<UnitKey, Uint8Array>();
  readonly #room = new Room();
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
    this.recorder =
      catalogueRun &&
      new Recorder(catalogueRun, (unit, changes) => this.checkpoints?.recorded(unit, changes));
  }

  get catalogue(): Catalogue {
    return this.request.catalogue;
  }

  get full(): boolean {
    return this.request.full ?? false;
  }

  /** The id and key of a unit under its present rule. @throws CryptoError `ERR_NO_KEY` */
  dataKey(unit: SealedUnit): UnitKeys {
    const { encrypt, custody } = unit.rule;
    const keys =
      encrypt === 'none'
        ? { id: this.#plainId(unit.key), key: undefined }
        : this.keyring.unit(unit.key, custody, sealedFor(this.context, { ...unit.key, encrypt, custody }));
    this.request.onDatabase?.(toBase64Url(keys.id), unit.key.database);
    return keys;
  }

  #plainId(unit: UnitKey): Uint8Array {
    let id = this.#plainIds.get(unit);
    if (!id) {
      id = this.context.platform.random(16);
      this.#plainIds.set(unit, id);
      this.plain.add(toBase64Url(id));
    }
    return id;
  }

  stream(
    stream: 'data' | 'index',
    unit: SealedUnit,
    keys: UnitKeys,
    collect?: (table: SegmentTable, place: number) => void,
  ): SegmentStream {
    const run = this.catalogueRun!;
    let place = 0;
    return new SegmentStream(
      this.context,
      {
        chain: this.place,
        set: fromBase64Url(run.set),
        database: keys.id,
        dataKey: keys.key,
        stream,
      },
      { compress: unit.rule.compress === 'on', pad: unit.rule.pad === 'on' && keys.key !== undefined },
      this.uploads,
      () => (collect ? place++ : run.nextSegment()),
      (number, table) => {
        for (const frame of table.frames) this.stored += frame.length;
        this.#room.add(unit.key, table);
        if (collect) return collect(table, number);
        this.checkpoints?.stored(table);
        this.recorder!.stored({ unit: unit.key, number, table });
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
