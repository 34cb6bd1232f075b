import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { UsedSet } from '../../set/index.ts';
import { type KeepRules, setsToKeep } from './keep.ts';

const set = (counter: number, time: Date): UsedSet => ({
  set: `set-${counter}`,
  counter,
  time: time.getTime(),
  hash: '',
});

/** Two sets a day, at 9 and 21 o'clock, over a year. */
const year = Array.from({ length: 730 }, (_, i) =>
  set(i + 1, new Date(2026, 0, 1 + Math.floor(i / 2), i % 2 ? 21 : 9)),
);
const kept = (rules: KeepRules): number[] => {
  const keep = setsToKeep(year, rules);
  return year.filter((one) => keep.has(one.set)).map((one) => one.counter);
};

test('without rules only the newest stays', () => assert.deepEqual(kept({}), [730]));

test('the last so many', () => assert.deepEqual(kept({ last: 3 }), [728, 729, 730]));

test('the newest of each of the last days, weeks, months, years', () => {
  assert.deepEqual(kept({ daily: 3 }), [726, 728, 730]);
  assert.equal(kept({ weekly: 10 }).length, 10);
  assert.deepEqual(
    kept({ monthly: 2 }).map((counter) => new Date(year[counter - 1]!.time).getDate()),
    [30, 31],
  );
  assert.deepEqual(kept({ yearly: 5 }), [730]);
  assert.deepEqual(kept({ hourly: 2 }), [729, 730]);
});

test('everything within a time before the newest', () => {
  assert.deepEqual(kept({ within: 36 * 3_600_000 }), [728, 729, 730]);
});

test('rules add up, and the newest is always kept', () => {
  fc.assert(
    fc.property(
      fc.record(
        { last: fc.nat(5), daily: fc.nat(9), weekly: fc.nat(5), monthly: fc.nat(5), within: fc.nat(1e9) },
        { requiredKeys: [] },
      ),
      (rules) => {
        const all = new Set(kept(rules));
        assert.ok(all.has(730));
        for (const [name, value] of Object.entries(rules))
          for (const counter of kept({ [name]: value })) assert.ok(all.has(counter));
      },
    ),
    { numRuns: 20 },
  );
});
