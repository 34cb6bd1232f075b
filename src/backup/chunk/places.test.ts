import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWorthPlaces } from './index.ts';

const MiB = 1024 * 1024;
const half = { size: 100 * MiB, at: 50 * MiB };

test('what continues the last place costs nothing; without a place nothing else is taken', () => {
  assert.ok(isWorthPlaces({ ...half, used: 5000, more: 0, run: 1 }, 1000));
  assert.ok(!isWorthPlaces({ ...half, used: 5000, more: 1, run: 1000 * MiB }, 1000));
});

test('half of the places are for anyone; of the others each must bring more', () => {
  const least = (used: number): number => {
    let run = 1;
    while (run < 2 ** 40 && !isWorthPlaces({ ...half, used, more: 1, run }, 1600)) run *= 2;
    return run;
  };
  const lengths = [100, 440, 600, 700, 800, 850, 890, 898, 899, 1000].map(least);
  assert.deepEqual(lengths.slice(0, 2), [1, 1]);
  assert.deepEqual(
    lengths,
    lengths.toSorted((a, b) => a - b),
  );
  assert.ok(lengths[2]! > 32_768 && lengths[5]! <= 2 * MiB);
  const twice = (run: number) => isWorthPlaces({ ...half, used: 599, more: 2, run }, 1600);
  assert.deepEqual([twice(131_000), twice(132_000)], [false, true], 'twice as much for two');
  assert.equal(lengths.at(-1), 2 ** 40);
});

test('places come as the item is read, and not for what it has grown since', () => {
  const some = (at: number, size = 100 * MiB) =>
    isWorthPlaces({ size, at, used: 500, more: 1, run: MiB }, 1000);
  assert.deepEqual(
    [0, 20, 40, 80, 100, 900].map((at) => some(at * MiB)),
    [false, false, false, true, true, true],
  );
  assert.ok(some(0, 0), 'listed as empty');
  assert.ok(!isWorthPlaces({ ...half, at: 900 * MiB, used: 1000, more: 1, run: MiB }, 1000));
});
