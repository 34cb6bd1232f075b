/**
 * What every destination must do, as one suite that takes the implementation as an argument. An implementation's
 * own test calls `destinationContract` with a factory, and adds what only it can do.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { release, toBase64Url } from '../../src/lib/bytes.ts';
import {
  type Destination,
  type DestinationErrorCode,
  type ObjectInfo,
  pastSegments,
  type SegmentData,
  segmentPath,
} from '../../src/set/index.ts';

export interface TestDestination {
  /** Empty. */
  readonly destination: Destination;
  /** Opens the same place once more, as another run would. */
  reopen(): Promise<Destination>;
  close(): Promise<void>;
}

export interface ContractOptions {
  /** False for a place where nothing can be taken away again. */
  readonly removes?: boolean;
}

const id = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const text = (length: number): string => toBase64Url(id(length));

/** A segment of random frames and its name. */
export function makeSegment(lengths: readonly number[], stream: SegmentData['stream'] = 'data') {
  const place = { device: text(16), chain: text(16) };
  const segment: SegmentData = {
    set: id(16),
    database: id(16),
    stream,
    id: id(8),
    salt: id(16),
    frames: lengths.map(id),
  };
  return { segment, name: segmentPath(place, toBase64Url(segment.set), toBase64Url(segment.id)), place };
}

export function destinationContract(
  title: string,
  make: () => Promise<TestDestination>,
  { removes = true }: ContractOptions = {},
): void {
  const withDestination = (name: string, body: (made: TestDestination) => Promise<void>) =>
    test(name, async () => {
      const made = await make();
      try {
        await body(made);
      } finally {
        await made.close();
      }
    });

  describe(`${title} is a destination`, () => {
    withDestination('a segment comes back as it was put', async ({ destination, reopen }) => {
      for (const [lengths, stream] of [
        [[1], 'data'],
        [[16, 100, 60_000, 17], 'index'],
        [Array<number>(500).fill(64), 'data'],
      ] as const) {
        const { segment, name } = makeSegment(lengths, stream);
        await destination.putSegment(name, segment);
        assertSegment(await destination.getSegment(name), segment);
        const again = await reopen();
        assertSegment(await again.getSegment(name), segment);
        await again.close();
      }
    });

    withDestination('offsets lead to the frames', async ({ destination }) => {
      const { segment, name } = makeSegment([40, 1, 60_000, 333]);
      const stored = await destination.putSegment(name, segment);
      assert.equal(stored.offsets.length, segment.frames.length);
      for (const [at, frame] of segment.frames.entries()) {
        const range = { name, offset: stored.offsets[at]!, length: frame.length };
        assertBytes(await destination.getRange(range), frame);
      }
      const end = stored.offsets[3]! + 333;
      assert.ok(end <= stored.size);
      const part = { name, offset: stored.offsets[2]! + 100, length: 5 };
      assertBytes(await destination.getRange(part), segment.frames[2]!.subarray(100, 105));
    });

    withDestination('what is read lies in memory of its own', async ({ destination }) => {
      const { segment, name } = makeSegment([40, 60_000]);
      const { offsets } = await destination.putSegment(name, segment);
      const range = { name, offset: offsets[1]!, length: 60_000 };
      for (let again = 0; again < 2; again++) {
        const { frames } = await destination.getSegment(name);
        const read = await destination.getRange(range);
        for (const frame of frames) release(frame);
        assertBytes(read, segment.frames[1]!);
        release(read);
        assertSegment(await destination.getSegment(name), segment);
      }
    });

    withDestination('a segment of the limit fits', async ({ destination }) => {
      const frame = 60 * 1024;
      const whole = Math.floor(destination.segmentLimit / frame);
      const { segment, name } = makeSegment([
        ...Array<number>(whole).fill(frame),
        destination.segmentLimit % frame || 1,
      ]);
      const { size } = await destination.putSegment(name, segment);
      assert.ok(size >= whole * frame);
      assertSegment(await destination.getSegment(name), segment);
    });

    withDestination(
      'the same again is fine, others under the same name are refused',
      async ({ destination }) => {
        const { segment, name } = makeSegment([100, 200]);
        const first = await destination.putSegment(name, segment);
        assert.deepEqual(await destination.putSegment(name, segment), first);
        const other = { ...segment, frames: [segment.frames[1]!, segment.frames[0]!] };
        await fails(destination.putSegment(name, other), 'ERR_OBJECT_CONFLICT');
        assertSegment(await destination.getSegment(name), segment);
      },
    );

    withDestination(
      'small objects come back, within the limit that is asked for',
      async ({ destination, reopen }) => {
        const { place } = makeSegment([1]);
        for (const [kind, part] of [
          ['manifest', 'm/0000000001-'],
          ['envelope', 'k/'],
        ] as const) {
          const name = `${place.device}/${place.chain}/${part}${text(16)}`;
          const bytes = id(3000);
          await destination.putObject(name, kind, bytes);
          await destination.putObject(name, kind, bytes);
          await fails(destination.putObject(name, kind, id(3000)), 'ERR_OBJECT_CONFLICT');
          assertBytes(await destination.getObject(name, 3000), bytes);
          await fails(destination.getObject(name, 2999), 'ERR_OBJECT_MALFORMED');
          const again = await reopen();
          assertBytes(await again.getObject(name, 3000), bytes);
          await again.close();
        }
      },
    );

    withDestination('what is not there is missing', async ({ destination }) => {
      const { name } = makeSegment([1]);
      await fails(destination.getSegment(name), 'ERR_OBJECT_MISSING');
      await fails(destination.getObject(name, 10), 'ERR_OBJECT_MISSING');
      await fails(destination.getRange({ name, offset: 0, length: 1 }), 'ERR_OBJECT_MISSING');
      assert.deepEqual(await all(destination.list('')), []);
    });

    withDestination('a range beyond the object is not filled up', async ({ destination }) => {
      const { segment, name } = makeSegment([100]);
      const { size } = await destination.putSegment(name, segment);
      await fails(destination.getRange({ name, offset: size - 5, length: 10 }), 'ERR_OBJECT_MALFORMED');
      await fails(destination.getRange({ name, offset: size + 5, length: 10 }), 'ERR_OBJECT_MALFORMED');
    });

    withDestination('an object that is no segment is not read as one', async ({ destination }) => {
      const { name } = makeSegment([100]);
      await destination.putObject(name, 'manifest', id(500));
      await fails(destination.getSegment(name), 'ERR_OBJECT_MALFORMED');
    });

    withDestination(
      'a listing has what begins with the prefix, ascending, with sizes',
      async ({ destination }) => {
        const { place } = makeSegment([1]);
        const base = `${place.device}/${place.chain}/`;
        const names = ['m/0000000002-B', 'm/0000000010-A', 'm/0000000001-C', 'k/KEY-0', 'k/KEY-1'].map(
          (n) => base + n,
        );
        for (const [at, name] of names.entries()) await destination.putObject(name, 'manifest', id(10 + at));
        const { segment, name } = makeSegment([77]);
        const { size } = await destination.putSegment(name, segment);
        const expected: ObjectInfo[] = [
          ...names.map((n, at) => ({ name: n, size: 10 + at })),
          { name, size },
        ];
        expected.sort((a, b) => (a.name < b.name ? -1 : 1));
        assert.deepEqual(await all(destination.list('')), expected);
        for (const prefix of [
          base,
          `${base}m/`,
          `${base}m/00000000`,
          `${base}m/0000000010-A`,
          `${base}x`,
          name,
        ]) {
          const begins = expected.filter((object) => object.name.startsWith(prefix));
          assert.deepEqual(await all(destination.list(prefix)), begins, prefix);
        }
      },
    );

    withDestination(
      'a listing may leave out what is passed over, and nothing else',
      async ({ destination }) => {
        const made: string[] = [];
        const chains = [makeSegment([1]), makeSegment([1]), makeSegment([1])];
        for (const [at, { place, segment }] of chains.entries()) {
          for (const name of ['k/KEY-0', `m/000000000${at + 1}-A`, 't/later'])
            made.push(`${place.device}/${place.chain}/${name}`);
          for (const name of made.slice(-3)) await destination.putObject(name, 'manifest', id(1));
          for (let n = 0; n < 3; n++) {
            const one = { ...segment, id: id(8) };
            const name = segmentPath(place, toBase64Url(segment.set), toBase64Url(one.id));
            await destination.putSegment(name, one);
          }
        }
        const listed = (await all(destination.list('', pastSegments))).map(({ name }) => name);
        const others = listed.filter((name) => !name.includes('/s/'));
        assert.deepEqual(others, made.toSorted());
        assert.ok(listed.length <= 18);
        assert.deepEqual(listed, listed.toSorted());
        const only = `${chains[0]!.place.device}/${chains[0]!.place.chain}/s/`;
        assert.equal((await all(destination.list(only))).length, 3);
        assert.ok((await all(destination.list(only, pastSegments))).length >= 1);
      },
    );

    if (removes) {
      withDestination('what is removed is gone, and may be gone already', async ({ destination }) => {
        const { segment, name } = makeSegment([50]);
        const kept = makeSegment([50]);
        await destination.putSegment(name, segment);
        await destination.putSegment(kept.name, kept.segment);
        await destination.remove([name, makeSegment([1]).name]);
        await destination.remove([name]);
        await destination.remove([]);
        await fails(destination.getSegment(name), 'ERR_OBJECT_MISSING');
        assertSegment(await destination.getSegment(kept.name), kept.segment);
      });
    }
  });
}

async function fails(promise: Promise<unknown>, code: DestinationErrorCode): Promise<void> {
  await assert.rejects(promise, { name: 'DestinationError', code });
}

async function all(listing: AsyncIterable<ObjectInfo>): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const object of listing) objects.push(object);
  return objects;
}

function assertSegment(actual: SegmentData, expected: SegmentData): void {
  for (const member of ['set', 'database', 'id', 'salt'] as const)
    assertBytes(actual[member], expected[member]);
  assert.equal(actual.stream, expected.stream);
  assert.equal(actual.frames.length, expected.frames.length);
  for (const [at, frame] of expected.frames.entries()) assertBytes(actual.frames[at]!, frame);
}

const assertBytes = (actual: Uint8Array, expected: Uint8Array): void =>
  assert.ok(
    Buffer.compare(actual, expected) === 0,
    `${actual.length} bytes that differ from ${expected.length}`,
  );
