import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Compaction, segmentsToCompact } from './compaction.ts';

const KIB = 1024;
const segments = (...sizes: number[]) => sizes.map((bytes, number) => ({ number, bytes }));
const chosen = (...sizes: number[]): number[] =>
  [...segmentsToCompact(segments(...sizes))].sort((a, b) => a - b);

test('a few segments of a size are left alone; of eight none is', () => {
  const seven = Array.from({ length: 7 }, () => 10 * KIB);
  assert.deepEqual(chosen(...seven), []);
  assert.deepEqual(chosen(...seven, 11 * KIB), [0, 1, 2, 3, 4, 5, 6, 7]);
});

test('smaller ones go with them, larger ones stay', () => {
  const eight = Array.from({ length: 8 }, () => 200 * KIB);
  assert.deepEqual(chosen(...eight, 5 * KIB, 2000 * KIB, 900 * KIB), [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]);
  const small = Array.from({ length: 8 }, () => 5 * KIB);
  assert.deepEqual(chosen(...small, 200 * KIB), [0, 1, 2, 3, 4, 5, 6, 7]);
});

test('large ones are never moved, and one run moves 32 MiB at most, the smallest first', () => {
  assert.deepEqual(chosen(...Array.from({ length: 100 }, () => 1024 * KIB)), []);
  const many = chosen(...Array.from({ length: 100 }, (_, i) => (1000 - i) * KIB));
  assert.ok(many.length >= 32 && many.length < 40 && many.at(-1) === 99 && many[0]! > 50);
});

test('however sets grow, few segments are left, and a byte is moved a few times', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 100, max: 60 * KIB }), { minLength: 500, maxLength: 500 }),
      (sets) => {
        let live: { number: number; bytes: number }[] = [];
        let [moved, added] = [0, 0];
        for (const [set, bytes] of sets.entries()) {
          const { segments: gone } = new Compaction(live);
          const merged = live
            .filter(({ number }) => gone.has(number))
            .reduce((sum, one) => sum + one.bytes, 0);
          live = [...live.filter(({ number }) => !gone.has(number)), { number: set, bytes: bytes + merged }];
          moved += merged;
          added += bytes;
          const small = live.filter((one) => one.bytes < 1024 * KIB);
          assert.ok(small.length <= 8 + 7 + 7, `${small.length}`);
        }
        assert.ok(moved <= 3 * added, `${moved / added}`);
      },
    ),
    { numRuns: 30 },
  );
});

test('where moving brought nothing, what it wrote is not moved again', () => {
  const compaction = new Compaction(segments(...Array.from({ length: 8 }, () => 9 * KIB)));
  assert.deepEqual(compaction.tried([20]).length, 8);
  assert.deepEqual(compaction.tried([20, 21, 22, 23, 24]).slice(8), [20, 21, 22, 23, 24]);
  assert.deepEqual(new Compaction([]).tried([20]), []);
});
