/**
 * Items on their way into frames, frames into segments, segments to the destination.
 */
import { type Packing, packFrame, sealFrames, segmentKey } from '../../crypto/index.ts';
import { toBase64Url } from '../../lib/bytes.ts';
import {
  type ChainPlace,
  FRAME_CAPACITY,
  type FramePlace,
  type SegmentTable,
  segmentPath,
} from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import type { Uploads } from './uploads.ts';

/** Where a frame came to lie; known once its segment is put together. */
export interface FrameRef {
  segment: number;
  frame: number;
}

/** Bytes of an item within one frame. */
export interface Piece {
  readonly frame: FrameRef;
  readonly offset: number;
  readonly length: number;
}

export interface StreamPlace {
  readonly chain: ChainPlace;
  readonly set: Uint8Array;
  readonly database: Uint8Array;
  readonly dataKey: Uint8Array;
  readonly stream: 'data' | 'index';
}

/** Called with each segment that the destination has stored. */
export type OnStored = (number: number, table: SegmentTable) => void;

/** Frames being compressed at the same time: enough to keep the thread pool busy. */
const PACKING = 6;

/** Flags and tag around a body. */
const OVERHEAD = 17;

export class SegmentStream {
  readonly #context: EngineContext;
  readonly #place: StreamPlace;
  readonly #packing: Packing;
  readonly #uploads: Uploads;
  readonly #number: () => number;
  readonly #onStored: OnStored;

  /** Plaintext of the frame being filled. */
  #plain = new Uint8Array(FRAME_CAPACITY);
  #used = 0;
  #ref: FrameRef = { segment: -1, frame: -1 };
  readonly #queue: { readonly ref: FrameRef; readonly body: Promise<Uint8Array> }[] = [];
  /** Bodies of the segment being put together. */
  #bodies: Uint8Array[] = [];
  #size = 0;
  #segment: number | undefined;

  constructor(
    context: EngineContext,
    place: StreamPlace,
    packing: Packing,
    uploads: Uploads,
    number: () => number,
    onStored: OnStored,
  ) {
    this.#context = context;
    this.#place = place;
    this.#packing = packing;
    this.#uploads = uploads;
    this.#number = number;
    this.#onStored = onStored;
  }

  /** Begins an item: a small one is kept in one frame, a large one begins a frame. */
  begin(size: number): void {
    if (this.#used + size > FRAME_CAPACITY) this.endFrame();
  }

  /** Adds bytes of the item that was begun; where they lie is added to `pieces`. */
  add(bytes: Uint8Array, pieces: Piece[]): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === FRAME_CAPACITY) this.endFrame();
      const part = bytes.subarray(at, at + FRAME_CAPACITY - this.#used);
      this.#plain.set(part, this.#used);
      pieces.push({ frame: this.#ref, offset: this.#used, length: part.length });
      this.#used += part.length;
      at += part.length;
    }
  }

  /** The frame being filled is complete. */
  endFrame(): void {
    if (this.#used === 0) return;
    const plain = this.#plain.subarray(0, this.#used);
    const body = packFrame(this.#context.platform, plain, this.#packing);
    body.catch(() => {}); // awaited in order below
    this.#queue.push({ ref: this.#ref, body });
    this.#plain = new Uint8Array(FRAME_CAPACITY);
    this.#used = 0;
    this.#ref = { segment: -1, frame: -1 };
  }

  /** To be awaited between items when there is much under way. */
  get crowded(): boolean {
    return this.#queue.length > PACKING;
  }

  /** Puts finished frames into the segment, in order, and hands over full segments. */
  async settle(atMost = PACKING / 2): Promise<void> {
    while (this.#queue.length > atMost) {
      const { ref, body } = this.#queue.shift()!;
      const bytes = await body;
      if (this.#size + bytes.length + OVERHEAD > this.#context.destination.segmentLimit)
        await this.#handOver();
      this.#segment ??= this.#number();
      ref.segment = this.#segment;
      ref.frame = this.#bodies.length;
      this.#bodies.push(bytes);
      this.#size += bytes.length + OVERHEAD;
    }
  }

  /** Hands over everything that was added. */
  async end(): Promise<void> {
    this.endFrame();
    await this.settle(0);
    await this.#handOver();
  }

  async #handOver(): Promise<void> {
    if (this.#segment === undefined) return;
    const number = this.#segment;
    const bodies = this.#bodies;
    this.#segment = undefined;
    this.#bodies = [];
    this.#size = 0;
    this.#context.signal.throwIfAborted();
    await this.#uploads.start(async () => this.#onStored(number, await this.#store(bodies)));
  }

  /** Seals the bodies under a fresh salt and stores the segment. */
  async #store(bodies: readonly Uint8Array[]): Promise<SegmentTable> {
    const { platform, destination } = this.#context;
    const { chain, set, database, dataKey, stream } = this.#place;
    const salt = platform.random(16);
    const id = platform.random(8);
    const place: FramePlace = { set, database, stream, salt };
    const frames = await sealFrames(platform, segmentKey(platform, dataKey, place), place, bodies);
    const name = segmentPath(chain, toBase64Url(set), toBase64Url(id));
    const { offsets } = await destination.putSegment(name, { set, database, stream, id, salt, frames });
    return {
      set,
      database,
      id,
      salt,
      frames: frames.map((bytes, i) => ({
        offset: offsets[i]!,
        length: bytes.length,
        hash: platform.sha256(bytes),
      })),
    };
  }
}
