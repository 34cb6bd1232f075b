import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ByteReader, ByteWriter } from '../../lib/binary.ts';
import { fromBytes, toBytes } from '../files/index.ts';

export interface SortedRecord {
  /** One character a byte. */
  readonly uid: string;
  /** Valid until the next one is asked for. */
  readonly digest: Uint8Array;
  /** What was written of it; to be read before the next one is asked for. */
  readonly facts: ByteReader;
}

/** Bytes that are sorted at a time, and that are compressed together. */
const CHUNK = 2 * 1024 * 1024;
const BLOCK = 32 * 1024;

const MAX_UID = 8192;
const MAX_FACTS = 1 << 20;
const MAX_BLOCK = 2 * (BLOCK + MAX_UID + MAX_FACTS);
const DIGEST = 32;

/**
 * A sorted chunk, in one piece of memory. Digests, which nothing compresses, are left as they are.
 *
 * ```text
 * run    block | block | …
 * block  records:bytes (zstd) | digests:bytes
 * ```
 */
type Run = Uint8Array;

/** Records in order of uid; those of one uid in the order in which they came. */
export class SortedRecords {
  readonly #runs: Run[] = [];
  readonly #chunk = new ByteWriter(64 * 1024);
  readonly #digests = new ByteWriter(64 * 1024);
  readonly #facts = new ByteWriter(512);
  /** Memory that every run is made in. */
  readonly #run = new ByteWriter(64 * 1024);
  #uids: string[] = [];
  #starts: number[] = [];

  /** @param digest 32 bytes */
  add(uid: string, digest: Uint8Array, write: (facts: ByteWriter) => void): void {
    this.#facts.clear();
    write(this.#facts);
    this.#uids.push(uid);
    this.#starts.push(this.#chunk.length);
    this.#chunk.bytes(toBytes(uid)).bytes(this.#facts.view());
    this.#digests.raw(digest);
    if (this.#chunk.length >= CHUNK) this.#endRun();
  }

  /** All of them, once: what was given is forgotten. */
  *inOrder(): Generator<SortedRecord> {
    this.#endRun();
    const heap = new Heap(this.#runs.map((run, i) => new Cursor(run, i)));
    for (let first = heap.first; first; first = heap.first) {
      yield first.head!;
      first.next();
      heap.settle();
    }
  }

  #endRun(): void {
    if (this.#uids.length === 0) return;
    const [uids, starts, bytes, digests] = [
      this.#uids,
      this.#starts,
      this.#chunk.view(),
      this.#digests.view(),
    ];
    // What is equal stays in order: sorting is stable.
    const order = uids
      .map((_, i) => i)
      .sort((a, b) => (uids[a]! < uids[b]! ? -1 : uids[a] === uids[b] ? 0 : 1));
    const run = this.#run;
    const records = new ByteWriter(BLOCK + 4096);
    const theirs = new ByteWriter(BLOCK);
    const endBlock = (): void => {
      if (records.length === 0) return;
      run.bytes(zstdCompressSync(records.view())).bytes(theirs.view());
      records.clear();
      theirs.clear();
    };
    for (const i of order) {
      records.raw(bytes.subarray(starts[i], starts[i + 1] ?? bytes.length));
      theirs.raw(digests.subarray(i * DIGEST, (i + 1) * DIGEST));
      if (records.length >= BLOCK) endBlock();
    }
    endBlock();
    this.#runs.push(run.finish());
    run.clear();
    this.#chunk.clear();
    this.#digests.clear();
    this.#uids = [];
    this.#starts = [];
  }
}

/** Goes through one run; earlier runs come first among equals. */
class Cursor {
  head: SortedRecord | undefined;
  readonly #blocks: ByteReader;
  readonly #run: number;
  #records = new ByteReader(new Uint8Array(0));
  #digests = new ByteReader(new Uint8Array(0));

  constructor(run: Run, number: number) {
    this.#blocks = new ByteReader(run);
    this.#run = number;
    this.next();
  }

  next(): void {
    if (this.#records.left === 0) {
      if (this.#blocks.left === 0) {
        this.head = undefined;
        return;
      }
      this.#records = new ByteReader(zstdDecompressSync(this.#blocks.bytes(MAX_BLOCK)));
      this.#digests = new ByteReader(this.#blocks.bytes(MAX_BLOCK));
    }
    const uid = fromBytes(this.#records.bytes(MAX_UID));
    const digest = this.#digests.raw(DIGEST);
    this.head = { uid, digest, facts: new ByteReader(this.#records.bytes(MAX_FACTS)) };
  }

  before(other: Cursor): boolean {
    if (!this.head || !other.head) return this.head !== undefined;
    if (this.head.uid !== other.head.uid) return this.head.uid < other.head.uid;
    return this.#run < other.#run;
  }
}

/** A binary heap: the cursor with the smallest uid is on top. */
class Heap {
  readonly #cursors: Cursor[];

  constructor(cursors: Cursor[]) {
    this.#cursors = cursors;
    for (let at = cursors.length >> 1; at >= 0; at--) this.settle(at);
  }

  get first(): Cursor | undefined {
    const [top] = this.#cursors;
    return top?.head ? top : undefined;
  }

  /** The cursor there went on: it goes down to where it belongs. */
  settle(from = 0): void {
    const cursors = this.#cursors;
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (cursors[child]?.before(cursors[least]!)) least = child;
      if (least === at) return;
      [cursors[at], cursors[least]] = [cursors[least]!, cursors[at]!];
      at = least;
    }
  }
}
