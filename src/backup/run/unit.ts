import type { Content, ListedItem } from '../../database/index.ts';
import { compareBytes, equalBytes, toBase64Url } from '../../lib/bytes.ts';
import type { DatabaseRule } from '../../policy/rules/index.ts';
import type { PresentEntry } from '../../set/index.ts';
import type { Change, ItemsByContent, KnownItem, Unit, UnitKey } from '../catalogue.ts';
import type { KeyHolder } from '../contract.ts';
import type { DatabaseReport } from '../requests.ts';
import { Compaction } from './compaction.ts';
import { Cursor } from './cursor.ts';
import { type LargeItem, sealLarge } from './large-item.ts';
import type { OpenEntry } from './recorder.ts';
import { Renames } from './renames.ts';
import type { Run } from './run-context.ts';
import type { Piece, SegmentStream } from './segment-stream.ts';

/** Items that get frames of their own at most: docs/format/backup-file.md. */
const MOST_ALONE = 1 << 20;

/** Custody and key use: what is stored under others is sealed anew. */
export function protectionOf({ custody, encrypt }: DatabaseRule, { list }: Pick<KeyHolder, 'list'>): string {
  const own = list !== undefined && custody !== 'company' && encrypt !== 'none';
  return own ? `${custody}/${encrypt}/${list}` : `${custody}/${encrypt}`;
}

/**
 * One database and class during a run: what was known of it, met in ascending order of key by what the sources list.
 */
export class UnitRun {
  readonly key: UnitKey;
  readonly rule: DatabaseRule;
  /** As of the last set; undefined when it is new. */
  readonly known: Unit | undefined;
  readonly counts = { added: 0, changed: 0, deleted: 0, unchanged: 0, bytes: 0 };
  /** Of the deleted: items that policy gave to the other class. */
  movedAway = 0;
  readonly renames = new Renames();
  /** The database id of this set, base64url; set once something is sealed. */
  database: string | undefined;
  readonly #run: Run;
  readonly #items: Cursor<KnownItem>;
  readonly #earlier: Cursor<Change>;
  /** What is stored may be pointed to: nothing about its owners changed. */
  readonly #reusable: boolean;
  readonly compaction: Compaction;
  #byContent: ItemsByContent | undefined;
  #stream: SegmentStream | undefined;
  #alone = 0;

  constructor(run: Run, key: UnitKey, rule: DatabaseRule) {
    this.#run = run;
    this.key = key;
    this.rule = rule;
    this.known = run.catalogue
      .units()
      .find((unit) => unit.database === key.database && unit.class === key.class);
    this.#reusable = this.known?.protection === protectionOf(rule, run.context.keys);
    const compacts = this.known !== undefined && this.#reusable && run.recorder !== undefined && !run.chosen;
    this.compaction = new Compaction(compacts ? run.catalogue.liveSegments(key) : []);
    this.#items = new Cursor(this.known ? run.catalogue.items(key) : [], (item) => item.key);
    this.#earlier = new Cursor(run.catalogueRun?.earlier(key) ?? [], (change) => change.item.key);
  }

  get resealed(): boolean {
    return this.known !== undefined && !this.#reusable;
  }

  /** Everything known before `key` was not listed. `gone` says whether that means deleted. */
  passTo(key: Uint8Array | undefined, gone: (key: Uint8Array) => boolean): void {
    for (let item = this.#items.before(key); item; item = this.#items.before(key))
      if (gone(item.key)) this.delete(item);
  }

  /** The known item of this key, if there is one. */
  take(key: Uint8Array): KnownItem | undefined {
    return this.#items.at(key);
  }

  delete(item: KnownItem): void {
    const entry = item.present();
    this.counts.deleted++;
    this.renames.gone(entry);
    this.#run.recorder?.replaced(this.key, entry.extents);
    this.#run.recorder?.add(this.key, false, NOTHING, { op: 'deleted', key: item.key });
  }

  /** Whether the source's stamp says that nothing changed. */
  isUnchanged(listed: ListedItem, known: KnownItem | undefined): known is KnownItem {
    return known !== undefined && this.#reusable && !this.#run.full && sameStamp(known.stamp, listed.stamp);
  }

  /** Whether nothing is to be done: it did not change, and may stay where it lies. */
  stays(listed: ListedItem, known: KnownItem | undefined): boolean {
    const stays = this.isUnchanged(listed, known) && !this.compaction.moves(known);
    if (stays) this.stay();
    return stays;
  }

  stay(): void {
    this.counts.unchanged++;
  }

  /** Takes over what an unfinished run stored of this item. */
  resumed(key: Uint8Array, listed: ListedItem, known: KnownItem | undefined): boolean {
    const change = this.#earlier.at(key);
    if (change?.item.op !== 'present' || !sameStamp(change.item.stamp, listed.stamp)) return false;
    this.#openStream();
    this.#run.recorder?.add(this.key, change.same, listed.stamp, change.item.present(), change.item.chunks());
    if (known && !change.same) this.#run.recorder?.replaced(this.key, known.present().extents);
    // Not told apart any more from what was sealed: it counts only if as much is gone.
    if (!known && this.known) this.renames.there(change.item.content());
    this.#count(known, change.same || this.isUnchanged(listed, known));
    return true;
  }

  /** Seals the item unless it has the bytes that are known. Gives a promise when there is something to wait for. */
  store(
    key: Uint8Array,
    listed: ListedItem,
    known: KnownItem | undefined,
    read: () => Content | Promise<Content>,
  ): Promise<void> | undefined {
    const before = known && { entry: known.present(), chunks: known.chunks() };
    const take = (content: Content): Promise<void> | undefined =>
      content.kind === 'bytes'
        ? this.#storeBytes(key, listed, before, content.bytes)
        : this.#storeStream(key, listed, before, content.chunks, read);
    const content = read();
    return content instanceof Promise ? content.then(take) : take(content);
  }

  /** `bytes` are the source's until this returns. */
  #storeBytes(
    key: Uint8Array,
    listed: ListedItem,
    before: Before | undefined,
    bytes: Uint8Array,
  ): Promise<void> | undefined {
    const fingerprint = this.#run.context.platform.sha256(bytes);
    const isKnown = this.#isKnown(before, fingerprint);
    if (isKnown && !this.compaction.leaves(before.entry.extents)) {
      this.#keep(key, listed, before);
      return undefined;
    }
    if (!isKnown && bytes.length > 0 && this.#moved(key, listed, before, fingerprint)) return undefined;
    const pieces = this.compaction.movedTo(fingerprint) ?? this.#seal(bytes);
    if (isKnown) this.compaction.moved(fingerprint, bytes.length, pieces);
    this.#sealed(key, listed, before, bytes.length, fingerprint, pieces);
    return this.#stream?.crowded ? this.#stream.settle() : undefined;
  }

  #seal(bytes: Uint8Array): Piece[] {
    const stream = this.#openStream();
    const pieces: Piece[] = [];
    stream?.begin(bytes.length);
    stream?.add(bytes, pieces);
    this.#endItem();
    return pieces;
  }

  async #storeStream(
    key: Uint8Array,
    listed: ListedItem,
    before: Before | undefined,
    chunks: AsyncIterable<Uint8Array>,
    read: () => Content | Promise<Content>,
  ): Promise<void> {
    const others = before?.entry.size === listed.size ? undefined : this.#others();
    if (before?.entry.size !== listed.size && !others?.mayHave(listed.size))
      return this.#sealStream(key, listed, before, chunks);
    // A large item of the same length: reading it twice costs less than sealing and sending it.
    const fingerprint = await this.#hash(chunks);
    if (this.#isKnown(before, fingerprint)) return this.#keep(key, listed, before);
    if (this.#moved(key, listed, before, fingerprint)) return;
    return this.#sealStream(key, listed, before, chunksOf(await read()));
  }

  #isKnown(before: Before | undefined, fingerprint: Uint8Array): before is Before {
    return before !== undefined && this.#reusable && equalBytes(fingerprint, before.entry.fingerprint);
  }

  /** The known items by content; none when what is stored must not be pointed to. */
  #others(): ItemsByContent | undefined {
    if (!this.#reusable) return undefined;
    this.#byContent ??= this.#run.catalogue.byContent(this.key);
    return this.#byContent;
  }

  /** The bytes are known as another item: renamed, moved or copied. Its place in older sets serves for this one too. */
  #moved(key: Uint8Array, listed: ListedItem, before: Before | undefined, fingerprint: Uint8Array): boolean {
    const other = this.#others()?.find(fingerprint);
    if (!other) return false;
    const { size, extents } = other.present();
    const entry = { ...head(key, listed), size, fingerprint, extents };
    this.renames.there(entry);
    if (this.compaction.leaves(extents)) return false;
    this.#run.recorder?.add(this.key, false, listed.stamp, entry, other.chunks());
    if (before) this.#run.recorder?.replaced(this.key, before.entry.extents);
    this.#count(before, false);
    return true;
  }

  /** Same bytes: only what is said about them may be new. */
  #keep(key: Uint8Array, listed: ListedItem, before: Before): void {
    const { size, fingerprint, extents } = before.entry;
    const entry = { ...head(key, listed), size, fingerprint, extents };
    const same = sameHead(entry, before.entry);
    this.#run.recorder?.add(this.key, same, listed.stamp, entry, before.chunks);
    if (!same) this.#run.recorder?.replaced(this.key, extents);
    this.#count(before, same);
  }

  async #sealStream(
    key: Uint8Array,
    listed: ListedItem,
    before: Before | undefined,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { context } = this.#run;
    const large: LargeItem = await sealLarge({
      platform: context.platform,
      gear: this.#run.gear,
      stream: this.#openStream(),
      listed,
      before: this.#reusable ? before : undefined,
      leaves: (extents) => this.compaction.leaves(extents),
      content: this.#watched(chunks),
    });
    this.#endItem();
    this.#sealed(key, listed, before, large.size, large.fingerprint, large.pieces, large.chunks);
  }

  async *#watched(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#run.context.signal.throwIfAborted();
      if (this.#run.checkpoints?.due) await this.#run.checkpoints.put();
      yield chunk;
      this.#run.progress('backup', this.key.database, 0, chunk.length);
    }
  }

  #sealed(
    key: Uint8Array,
    listed: ListedItem,
    before: Before | undefined,
    size: number,
    fingerprint: Uint8Array,
    pieces: readonly Piece[],
    chunks: Uint8Array = NOTHING,
  ): void {
    const entry = { ...head(key, listed), size, fingerprint };
    this.#run.recorder?.addSealed(this.key, listed.stamp, entry, pieces, chunks);
    if (before) this.#run.recorder?.replaced(this.key, before.entry.extents);
    if (size === 0 && !before) this.renames.there(entry);
    const same = this.#isKnown(before, fingerprint) && sameHead(entry, before.entry);
    if (!same) this.counts.bytes += size;
    this.#count(before, same);
  }

  /** With granularity `item` each has its frames for itself, as long as the head of an index has room for them. */
  #endItem(): void {
    if (this.rule.granularity === 'item' && this.#alone++ < MOST_ALONE) this.#stream?.endFrame();
  }

  #count(before: object | undefined, same: boolean): void {
    if (same) this.counts.unchanged++;
    else if (before) this.counts.changed++;
    else this.counts.added++;
  }

  async #hash(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const hasher = this.#run.context.platform.hasher();
    for await (const chunk of chunks) hasher.update(chunk);
    return hasher.digest();
  }

  /** Nothing opens in a dry run. */
  #openStream(): SegmentStream | undefined {
    if (!this.#stream && this.#run.recorder) {
      const keys = this.#run.dataKey(this);
      this.database = toBase64Url(keys.id);
      this.#stream = this.#run.stream('data', this, keys);
    }
    return this.#stream;
  }

  /** Everything was listed: hands over what is left. */
  async end(): Promise<void> {
    await this.#stream?.end();
  }

  report(): DatabaseReport {
    const { added, deleted } = this.counts;
    return { ...this.key, items: (this.known?.items ?? 0) + added - deleted, ...this.counts };
  }
}

const NOTHING = new Uint8Array(0);

/** The version of an item in the set before. */
interface Before {
  readonly entry: PresentEntry;
  readonly chunks: Uint8Array;
}

async function* chunksOf(content: Content): AsyncGenerator<Uint8Array> {
  if (content.kind === 'bytes') yield content.bytes;
  else yield* content.chunks;
}

const head = (key: Uint8Array, { uid, title, type, time, attributes }: ListedItem) =>
  ({ op: 'present', key, uid, title, type, time, attributes }) as const;

const sameStamp = (a: Uint8Array, b: Uint8Array): boolean => a.length > 0 && compareBytes(a, b) === 0;

function sameHead(a: OpenEntry, b: PresentEntry): boolean {
  const { attributes: x } = a;
  const { attributes: y } = b;
  return (
    a.title === b.title &&
    a.type === b.type &&
    Math.trunc(a.time) === b.time &&
    x.mode === y.mode &&
    x.directory === y.directory &&
    compareBytes(x.link ?? NOTHING, y.link ?? NOTHING) === 0 &&
    compareBytes(x.name ?? NOTHING, y.name ?? NOTHING) === 0
  );
}
