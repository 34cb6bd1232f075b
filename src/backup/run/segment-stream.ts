/**
 * Items on their way into frames, frames into segments, segments to the destination.
 */
import {
  type Packing,
  packFrame,
  plainFrames,
  SEAL_OVERHEAD,
  sealFrames,
  segmentKey,
} from '../../crypto/index.ts';
import { release, toBase64Url } from '../../lib/bytes.ts';
import {
  type ChainPlace,
  FRAME_BODY,
  FRAME_CAPACITY,
  FRAME_HEADER,
  type FramePlace,
  type SegmentTable,
  segmentPath,
} from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import type { Uploads } from './uploads.ts';
import { Worth } from './worth.ts';

/** Where a frame came to lie; known once its segment is put together. */
export interface FrameRef {
  segment: number;
  frame: number;
}

/** Bytes of an item within one frame; `stored` ones lie in an older set, and may run on into the frames behind. */
export interface Piece {
  readonly frame: Readonly<FrameRef>;
  readonly stored?: true;
  readonly offset: number;
  readonly length: number;
}

export interface StreamPlace {
  readonly chain: ChainPlace;
  readonly set: Uint8Array;
  readonly database: Uint8Array;
  /** Undefined: the frames stay plain (B10). */
  readonly dataKey: Uint8Array | undefined;
  readonly stream: 'data' | 'index';
}

/** Called with each segment that the destination has stored. */
export type OnStored = (number: number, table: SegmentTable) => void;

/**
 * Items that begin in a segment at most, or some more of one frame: what is known of each waits in memory until the
 * segment is stored, and of what compresses well a segment would hold a million.
 */
const MOST_ITEMS = 1 << 14;

/** Frames that may wait for a place in their segment: as many as a few items fill. */
const PACKING = 6;

export class SegmentStream {
  readonly #context: EngineContext;
  readonly #place: StreamPlace;
  readonly #packing: Packing;
  readonly #uploads: Uploads;
  readonly #number: () => number;
  readonly #onStored: OnStored;
  readonly #worth = new Worth();

  /** The frame being filled, with room for its header, and memory for the next ones. */
  #frame: Uint8Array = new Uint8Array(FRAME_BODY);
  readonly #free: Uint8Array[] = [];
  #used = 0;
  #items = 0;
  #ref: FrameRef = { segment: -1, frame: -1 };
  readonly #queue: Packed[] = [];
  /** The segment being put together. */
  #segment: OpenSegment | undefined;

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
    this.#worth.begin(size > FRAME_CAPACITY);
    this.#items++;
  }

  /** Adds bytes of the item that was begun; where they lie is added to `pieces`. */
  add(bytes: Uint8Array, pieces: Piece[]): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === FRAME_CAPACITY) this.endFrame();
      const part = bytes.subarray(at, at + FRAME_CAPACITY - this.#used);
      this.#frame.set(part, FRAME_HEADER + this.#used);
      pieces.push({ frame: this.#ref, offset: this.#used, length: part.length });
      this.#used += part.length;
      at += part.length;
    }
  }

  /** The frame being filled is complete. */
  endFrame(): void {
    if (this.#used === 0) return;
    const memory = this.#frame;
    const compress = this.#packing.compress && this.#worth.next();
    const raw = memory.subarray(FRAME_HEADER, FRAME_HEADER + this.#used);
    const body = packFrame(this.#context.platform, raw, { ...this.#packing, compress }, memory);
    body.catch(() => {}); // awaited in order below
    const learn = compress && this.#worth.large;
    this.#queue.push({ ref: this.#ref, memory, length: this.#used, items: this.#items, body, learn });
    this.#frame = this.#free.pop() ?? new Uint8Array(FRAME_BODY);
    this.#used = 0;
    this.#items = 0;
    this.#ref = { segment: -1, frame: -1 };
  }

  /** To be awaited between items when there is much under way. */
  get crowded(): boolean {
    return this.#queue.length > PACKING;
  }

  /** Puts finished frames into the segment, in order, and hands over full segments. */
  async settle(atMost = PACKING / 2): Promise<void> {
    while (this.#queue.length > atMost) {
      const { ref, memory, length, items, body, learn } = this.#queue.shift()!;
      const bytes = await body;
      if (learn) this.#worth.learn(bytes.length < length);
      const { size = 0, items: begun = 0 } = this.#segment ?? {};
      const { segmentLimit } = this.#context.destination;
      if (size + bytes.length + SEAL_OVERHEAD > segmentLimit || begun >= MOST_ITEMS) await this.#handOver();
      this.#segment ??= this.#begin();
      this.#segment.items += items;
      await this.#seal(this.#segment, bytes, ref);
      this.#free.push(memory);
    }
  }

  /** Hands over everything that was added. */
  async end(): Promise<void> {
    this.endFrame();
    await this.settle(0);
    await this.#handOver();
    for (const frame of this.#free.splice(0)) release(frame); // streams of other databases follow
  }

  /** A fresh salt, and so a key of its own. */
  #begin(): OpenSegment {
    const { platform } = this.#context;
    const { set, database, dataKey, stream } = this.#place;
    const place: FramePlace = { set, database, stream, salt: platform.random(16) };
    const key = dataKey && segmentKey(platform, dataKey, place);
    const memory = this.#uploads.memory(this.#context.destination.segmentLimit);
    return {
      number: this.#number(),
      id: platform.random(8),
      place,
      key,
      memory,
      frames: [],
      size: 0,
      items: 0,
    };
  }

  async #seal(segment: OpenSegment, body: Uint8Array, ref: FrameRef): Promise<void> {
    const { key, place, frames, size } = segment;
    ref.segment = segment.number;
    ref.frame = frames.length;
    const memory = segment.memory.subarray(size);
    const sealed = key
      ? await sealFrames(this.#context.platform, key, place, [body], frames.length, memory)
      : plainFrames([body], memory);
    frames.push(...sealed);
    segment.size += body.length + SEAL_OVERHEAD;
  }

  async #handOver(): Promise<void> {
    const segment = this.#segment;
    if (!segment) return;
    this.#segment = undefined;
    this.#context.signal.throwIfAborted();
    await this.#uploads.start(async () => {
      this.#onStored(segment.number, await this.#store(segment));
      this.#uploads.release(segment.memory);
    });
  }

  async #store({ id, place, frames }: OpenSegment): Promise<SegmentTable> {
    const { platform, destination } = this.#context;
    const name = segmentPath(this.#place.chain, toBase64Url(place.set), toBase64Url(id));
    const { offsets } = await destination.putSegment(name, { ...place, id, frames });
    return {
      set: place.set,
      database: place.database,
      id,
      salt: place.salt,
      frames: frames.map((bytes, i) => ({
        offset: offsets[i]!,
        length: bytes.length,
        hash: platform.sha256(bytes),
      })),
    };
  }
}

/** A frame on its way through compression. */
interface Packed {
  readonly ref: FrameRef;
  readonly memory: Uint8Array;
  /** Bytes of plaintext. */
  readonly length: number;
  /** That began in it. */
  readonly items: number;
  readonly body: Promise<Uint8Array>;
  /** Whether it says something about the frames to come. */
  readonly learn: boolean;
}

/** A segment being put together: frames are sealed as they come, so that they lie in memory once. */
interface OpenSegment {
  readonly number: number;
  readonly id: Uint8Array;
  readonly place: FramePlace;
  readonly key: Uint8Array | undefined;
  /** The frames lie in it, one behind the other. */
  readonly memory: Uint8Array;
  readonly frames: Uint8Array[];
  size: number;
  /** That began in it. */
  items: number;
}
