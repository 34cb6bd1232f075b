import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unpackBody } from '../../crypto/index.ts';
import type { ListedItem } from '../../database/index.ts';
import { concat, utf8 } from '../../lib/bytes.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import { type Destination, FRAME_CAPACITY, type PresentEntry, type SegmentData } from '../../set/index.ts';
import type { CatalogueRun } from '../catalogue.ts';
import { gearTable } from '../chunk/index.ts';
import type { EngineContext } from '../contract.ts';
import { readChanges } from '../packed.ts';
import { sealLarge } from './large-item.ts';
import { Recorder } from './recorder.ts';
import { SegmentStream } from './segment-stream.ts';
import { Uploads } from './uploads.ts';

const gear = gearTable(platform, new Uint8Array(32).fill(7));
const UNIT = { database: 'Files', class: 'personal' } as const;
const noise = platform.random(16 << 20);

interface Version {
  readonly entry: PresentEntry;
  readonly chunks: Uint8Array;
  /** Bytes that were sealed for it. */
  readonly sealed: number;
}

interface Options {
  readonly most?: number;
  readonly room?: number;
  readonly listed?: number;
  readonly type?: string;
  /** Numbers of segments that nothing shall lie in any more. */
  readonly left?: readonly number[];
}

/** Versions of one item, each in a run of its own; the segments of all of them stay in memory, plain. */
class Chain {
  readonly #segmentLimit: number;
  readonly #segments: (readonly Uint8Array[])[] = [];
  #last: Version | undefined;

  constructor(segmentLimit: number) {
    this.#segmentLimit = segmentLimit;
  }

  async add(
    bytes: Uint8Array,
    { most, room, listed = bytes.length, type = '', left = [] }: Options = {},
  ): Promise<Version> {
    let recorded: Uint8Array | undefined;
    const recorder = new Recorder({
      record(_, changes) {
        recorded = changes[0]?.changes ?? recorded;
      },
    } as Partial<CatalogueRun> as CatalogueRun);
    const place = {
      set: utf8('set'),
      database: utf8('database'),
      dataKey: undefined,
      stream: 'data',
    } as const;
    let sealed = 0;
    const put = async (_: string, { frames }: SegmentData) => {
      const bodies = await Promise.all(frames.map((frame) => unpackBody(platform, frame.slice(1))));
      for (const body of bodies) sealed += body.length;
      waiting.push(bodies);
      return { offsets: frames.map(() => 0), size: 0 };
    };
    const waiting: Uint8Array[][] = [];
    const uploads = new Uploads();
    const stream = new SegmentStream(
      {
        platform,
        destination: { segmentLimit: this.#segmentLimit, putSegment: put } as Partial<Destination>,
        signal: new AbortController().signal,
      } as EngineContext,
      { ...place, chain: { device: 'device', chain: 'chain' } },
      { compress: false, pad: false },
      uploads,
      () => this.#segments.push([]) - 1,
      (number, table) => {
        this.#segments[number] = waiting.shift()!;
        recorder.stored({ unit: UNIT, number, table });
      },
    );
    const key = concat(utf8('home'), new Uint8Array(1), utf8('disk.img'));
    const head = { uid: utf8('disk.img'), title: 'disk.img', type, time: 1, attributes: {} };
    const large = await sealLarge({
      ...{ platform, gear, stream, before: this.#last, content: pieces(bytes) },
      ...(most !== undefined && { most }),
      ...(room !== undefined && { room }),
      leaves: (extents) => extents.some(({ segment }) => left.includes(segment)),
      listed: { ...head, stamp: utf8('1'), size: listed, path: 'disk.img' } satisfies ListedItem,
    });
    const { size, fingerprint } = large;
    const entry = { op: 'present', key, ...head, size, fingerprint } as const;
    recorder.addSealed(UNIT, utf8('1'), entry, large.pieces, large.chunks);
    await stream.end();
    await uploads.finish();
    recorder.finish();
    const [change] = [...readChanges(recorded!)];
    this.#last = { entry: change!.item.present(), chunks: change!.item.chunks(), sealed };
    return this.#last;
  }

  read({ entry }: Version): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const { segment, frame, offset, length } of entry.extents)
      for (let n = frame, from = offset, left = length; left > 0; n++, from = 0) {
        const part = this.#segments[segment]![n]!.subarray(from, from + left);
        assert.ok(part.length > 0);
        parts.push(part);
        left -= part.length;
      }
    return concat(...parts);
  }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1 << 18) yield bytes.subarray(at, at + (1 << 18));
}

const edited = (bytes: Uint8Array, at: number, remove: number, insert: number): Uint8Array =>
  concat(bytes.subarray(0, at), platform.random(insert), bytes.subarray(Math.min(bytes.length, at + remove)));

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const edit = fc.record({
  /** Of the item's length. */
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(fc.nat(100_000), fc.nat(3_000_000)),
  insert: fc.oneof(fc.nat(100_000), fc.nat(3_000_000)),
});

test('property: whatever is changed how often, an item keeps to its places and is what it was', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          edits: fc.array(edit, { minLength: 1, maxLength: 8 }),
          listed: fc.constantFrom(1, 1, 1, 0.5, 2, 20, 600),
        }),
        { minLength: 6, maxLength: 12 },
      ),
      async (versions) => {
        const chain = new Chain(1 << 20);
        let bytes: Uint8Array = noise;
        await chain.add(bytes, { most: 40 });
        for (const { edits, listed } of versions) {
          for (const { at, remove, insert } of edits)
            bytes = edited(bytes, Math.floor(at * bytes.length), remove, insert);
          bytes = bytes.subarray(0, 20 << 20);
          const version = await chain.add(bytes, { most: 40, listed: Math.ceil(bytes.length * listed) });
          assert.ok(same(chain.read(version), bytes));
          // Listed too short, what is behind that is sealed once the places are used up: 1 MiB each.
          const longer = listed < 1 ? Math.ceil(bytes.length / 2 / (15 * FRAME_CAPACITY)) : 0;
          const places = version.entry.extents.length;
          assert.ok(places <= 40 + 3 + longer, `${places} places, of ${bytes.length} bytes`);
        }
      },
    ),
    { numRuns: 5 },
  );
});

test('many versions: each costs what changed and a little more, and never all of it', async () => {
  const chain = new Chain(1 << 20);
  let bytes: Uint8Array = concat(noise, platform.random(8 << 20));
  await chain.add(bytes, { most: 80 });
  const sealed: number[] = [];
  const places: number[] = [];
  for (let n = 1; n <= 20; n++) {
    // Three places each time, in the end everywhere: more than there is room for after eight versions.
    for (const at of [0.07, 0.41, 0.73])
      bytes = edited(bytes, Math.floor(((at + n * 0.6180339) % 1) * (bytes.length - 1000)), 1000, 1000);
    const version = await chain.add(bytes, { most: 80 });
    assert.ok(same(chain.read(version), bytes));
    sealed.push(version.sealed);
    places.push(version.entry.extents.length);
  }
  assert.ok(Math.max(...places) <= 82, `${places}`);
  assert.ok(Math.max(...sealed.slice(0, 5)) < 3 << 20, `first ${sealed.slice(0, 5)}`);
  const mean = sealed.reduce((a, b) => a + b) / sealed.length;
  assert.ok(mean < 4 << 20 && Math.max(...sealed) < 12 << 20, `${sealed}`);
});

test('an unchanged run of bytes is one place however many chunks it has', async () => {
  const chain = new Chain(64 << 20);
  await chain.add(noise);
  const changed = await chain.add(edited(noise, 8_000_000, 5000, 5000));
  assert.equal(changed.entry.extents.length, 3);
  const back = await chain.add(edited(noise, 8_000_000, 5000, 5000));
  assert.ok(back.sealed < 2_000_000);
  assert.equal(back.entry.extents.length, 3);
});

test('of bytes that repeat, each is found in its turn', async () => {
  const chain = new Chain(64 << 20);
  const zeros = new Uint8Array(24 << 20);
  await chain.add(zeros);
  const changed = await chain.add(edited(zeros, 12_000_000, 5000, 5000));
  assert.ok(changed.sealed < 4_000_000, `${changed.sealed}`);
  assert.ok(changed.entry.extents.length <= 4, `${changed.entry.extents.length}`);
});

test('what needs more places than an entry has room for is refused, with a reason', async () => {
  const film = new Uint8Array(140 * FRAME_CAPACITY);
  for (const type of ['video/mp4', ''])
    await assert.rejects(new Chain(70_000).add(film, { type, room: 100 }), {
      code: 'ERR_SOURCE_ITEM_UNREADABLE',
      message: /disk\.img lies in more than .* segments.*divide it/,
    });
});

test('known bytes in a segment that is to be left are sealed again, and no others', async () => {
  const chain = new Chain(1 << 20);
  const bytes = noise.slice(0, 6_000_000);
  const { entry } = await chain.add(bytes);
  const left = [entry.extents[2]!.segment];
  const { length } = entry.extents[2]!;
  const next = await chain.add(edited(bytes, 5_900_000, 10, 10), { left });
  assert.ok(next.entry.extents.every(({ segment }) => segment !== left[0]));
  assert.ok(next.sealed >= length && next.sealed < length + 2_500_000, `${next.sealed}`);
});
