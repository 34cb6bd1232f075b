import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_CAPACITY } from '../../set/index.ts';
import { KnownChunks, markHash, writeMarks } from './index.ts';

const mark = (n: number, length: number) => ({ length, hash: new Uint8Array(16).fill(n) });

test('chunks are found where they lie, with what lies behind them', () => {
  const marks = [mark(1, 100_000), mark(2, 100_000), mark(3, 50_000)];
  const known = new KnownChunks(
    [
      { segment: 7, frame: 2, offset: 1000, length: 150_000 },
      { segment: 9, frame: 0, offset: 0, length: 100_000 },
    ],
    writeMarks(18, marks),
  );
  assert.equal(known.bits, 18);
  const first = known.find(marks[0]!)!;
  assert.deepEqual(first.extents, [{ segment: 7, frame: 2, offset: 1000, length: 100_000 }]);
  assert.equal(first.run, 150_000);
  assert.deepEqual(known.find(marks[1]!)?.extents, [
    { segment: 7, frame: 3, offset: 101_000 - FRAME_CAPACITY, length: 50_000 },
    { segment: 9, frame: 0, offset: 0, length: 50_000 },
  ]);
  assert.equal(
    known.find(marks[1]!)?.run,
    150_000,
    'from its first byte to the end of where its last one lies',
  );
  assert.equal(known.find(marks[2]!)?.run, 50_000);
  assert.equal(known.find(mark(1, 99_999)), undefined);
  assert.equal(known.find(mark(4, 100_000)), undefined);
});

test('of chunks that are alike, the one whose turn it is, else the first', () => {
  const alike = Array.from({ length: 5 }, () => mark(1, 1000));
  const known = new KnownChunks([{ segment: 1, frame: 0, offset: 0, length: 5000 }], writeMarks(18, alike));
  const offset = () => known.find(alike[0]!)!.extents[0]!.offset;
  assert.deepEqual([offset(), offset()], [0, 1000]);
  assert.equal(known.find(mark(2, 1000)), undefined, 'changed');
  assert.deepEqual([offset(), offset(), offset()], [3000, 4000, 0]);
});

test('an item that has grown has marks of its beginning', () => {
  const bytes = writeMarks(
    18,
    Array.from({ length: 40_000 }, () => mark(1, 300_000)),
  );
  assert.ok(bytes.length < 700_000, `${bytes.length}`);
  const size = 40_000 * 300_000;
  const known = new KnownChunks([{ segment: 1, frame: 0, offset: 0, length: size }], bytes);
  assert.equal(known.find(mark(1, 300_000))?.run, size);
});

test('a mark is the beginning of a hash', () => {
  assert.deepEqual(
    markHash(Uint8Array.from({ length: 32 }, (_, i) => i)),
    Uint8Array.from({ length: 16 }, (_, i) => i),
  );
});
