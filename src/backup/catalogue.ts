/**
 * Catalogue: what the device remembers of one chain between runs, so that a run touches only what changed. It is a
 * cache: lost, it is rebuilt from the destination. Implemented by `state`.
 */
import type { ItemClass } from '../database/index.ts';
import type {
  IndexEntry,
  IndexPart,
  IndexSource,
  Manifest,
  PresentEntry,
  SegmentTable,
  UsedSet,
} from '../set/index.ts';

/** The known items of a unit by their bytes: where a renamed or copied one lies already. */
export interface ItemsByContent {
  /** Whether there may be a large one of this size: worth reading before it is sealed. */
  mayHave(size: number): boolean;
  /** @param fingerprint SHA-256 of the bytes */
  find(fingerprint: Uint8Array): KnownItem | undefined;
}

/** A database and class of the chain. */
export interface UnitKey {
  readonly database: string;
  readonly class: ItemClass;
}

/** A part of a unit's index, and what follows from it: {@link IndexPart} alone is what manifests name. */
export interface UnitPart extends IndexPart {
  readonly entries: number;
  /** Ids of the sets that its segments and the extents of its entries lie in. */
  readonly uses: readonly string[];
}

/** What is known of a unit as of the last set. */
export interface Unit extends UnitKey {
  /** Custody and key use of what is stored: other ones mean that everything is sealed anew. */
  readonly protection: string;
  readonly sources: readonly IndexSource[];
  /** Its full index and the deltas after it. */
  readonly parts: readonly UnitPart[];
  /** Items. */
  readonly items: number;
}

/** An item as of the last set, packed. Extents name segments by their number in the catalogue. */
export interface KnownItem {
  readonly key: Uint8Array;
  /** The source's stamp; empty when not known, so that the item is read again. */
  readonly stamp: Uint8Array;
  /** Stamp and entry as they are kept: for copying. */
  readonly bytes: Uint8Array;
  /** Decodes the entry. */
  present(): PresentEntry;
  /** Of the entry, without decoding the rest; views, where it is packed. */
  content(): Pick<PresentEntry, 'size' | 'fingerprint'>;
  /** Marks of the chunks that a large item was cut into; empty when it was not, or when that is not known. */
  chunks(): Uint8Array;
}

/** What a run found of one item. `same`: nothing to write, only a newer stamp to remember. */
export interface Change {
  readonly same: boolean;
  readonly item: KnownItem & { readonly op: IndexEntry['op']; entry(): IndexEntry };
}

/** The chain as of the last set. */
export interface ChainState {
  readonly chain: string;
  readonly base: number;
  readonly last: UsedSet;
  /** Secret of the content-defined chunks, base64url. */
  readonly chunking: string;
  /** Ids of sets with a mass change that nobody has confirmed. */
  readonly alerts: readonly string[];
  /** The newest manifest of kind `prune`. */
  readonly pruned?: UsedSet;
  /** The newest manifest of kind `rewrap`. */
  readonly rewrapped?: UsedSet;
  /** What the next manifest says of the sets before it. */
  readonly recaps: Pick<Manifest, 'recap' | 'recapped'>;
}

/** Everything that a finished run leaves behind. */
export interface RunResult {
  readonly state: ChainState;
  readonly units: readonly Unit[];
  /** How many bytes of items each segment has more or less than before, by its number. */
  readonly live: readonly (readonly [segment: number, bytes: number])[];
  /** Segments whose items were sealed anew, as far as they could be read: nobody tries it again. */
  readonly compacted: readonly number[];
}

/** The keys of all entries of an index part that a run has written. */
export interface PartKeys {
  readonly unit: UnitKey;
  /** Ascending. */
  readonly keys: readonly Uint8Array[];
}

/** A data segment with items of the newest set in it. */
export interface LiveSegment {
  readonly number: number;
  /** Of these items. */
  readonly bytes: number;
}

/** Data segments by name (`SET/ID`). One that is in neither is not known. */
export interface Liveness {
  /** Items of the newest set lie in them. */
  readonly live: ReadonlySet<string>;
  /** No item lies in them since the set with this counter. */
  readonly dead: ReadonlyMap<string, number>;
}

export interface Catalogue {
  /** Undefined before the first set. */
  chain(): ChainState | undefined;
  units(): readonly Unit[];
  /** Items in ascending order of key. */
  items(unit: UnitKey): Iterable<KnownItem>;
  /** Those of these keys that are there; both ascending. */
  itemsOf(unit: UnitKey, keys: Iterable<Uint8Array>): Iterable<KnownItem>;
  /** The keys of all entries of an index part, ascending; undefined when they are not known. */
  keysOf(unit: UnitKey, part: IndexPart): readonly Uint8Array[] | undefined;
  /** Without those that were tried to be compacted before. */
  liveSegments(unit: UnitKey): readonly LiveSegment[];
  /** Costs one walk over the items; valid until the run is committed. */
  byContent(unit: UnitKey): ItemsByContent;
  segment(number: number): SegmentTable;
  /** All sets known of the chain, oldest first. */
  sets(): readonly UsedSet[];

  /** Takes up the unfinished run of this chain and keyring, or begins one. */
  begin(run: {
    readonly chain: string;
    /** The keyring, and whom it seals for. */
    readonly keyring: string;
    readonly newSet: () => string;
  }): CatalogueRun;

  /** The chain of the unfinished run. */
  unfinished(): string | undefined;

  /** The manifest of a run that was ready to be closed when it broke off. */
  prepared(): PreparedRun | undefined;

  /** Which segments are still of use. */
  liveness(): Liveness;

  /** A mass change was meant: its set no longer holds up pruning. False when it was not marked. */
  confirm(set: string): boolean;

  /** Forgets everything: the chain, its items, an unfinished run. */
  clear(): void;

  /** Fills an empty catalogue from what a destination holds, in one transaction. */
  fill(state: ChainState, sets: readonly UsedSet[], units: AsyncIterable<FilledUnit>): Promise<void>;
}

/** All of a run but its manifest is stored: storing `bytes` under `name` closes it. */
export interface PreparedRun {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly result: RunResult;
  commit(): void;
}

export interface FilledUnit {
  /** Its number of items is counted while it is filled. */
  readonly unit: Omit<Unit, 'items'>;
  readonly segments: readonly SegmentTable[];
  /** Extents name segments by their place in `segments`. */
  readonly items: AsyncIterable<PresentEntry>;
}

/** A data segment that the destination has stored. */
export interface UnitSegment {
  readonly unit: UnitKey;
  readonly number: number;
  readonly table: SegmentTable;
}

/** One run. What it stored survives a crash, and is not uploaded again. */
export interface CatalogueRun {
  readonly set: string;

  /** Changes that the run recorded before it broke off, ascending by key. */
  earlier(unit: UnitKey): Iterable<Change>;

  /** A number for a segment that is about to be stored. */
  nextSegment(): number;

  /**
   * One transaction: segments that the destination has stored, and changes that lie in stored segments, as
   * `readChanges` reads them.
   */
  record(
    segments: readonly UnitSegment[],
    changes: readonly { readonly unit: UnitKey; readonly changes: Uint8Array }[],
  ): void;

  /** Data segments that this run has stored so far. */
  segments(): readonly SegmentTable[];

  /** Changes that this run recorded, ascending by key. */
  changes(unit: UnitKey): Iterable<Change>;

  /** Before the manifest is stored: remembers it with what follows from it. One transaction. */
  prepare(name: string, bytes: Uint8Array, result: RunResult, keys: readonly PartKeys[]): void;

  /** After the manifest is stored: the changes become the state. One transaction. */
  commit(): void;

  /** Forgets what this run recorded of a unit: it carries over as it was. */
  discard(unit: UnitKey): void;
}
