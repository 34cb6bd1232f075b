import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareBytes, utf8 } from '../../lib/bytes.ts';
import type { UnitPart } from '../catalogue.ts';
import { isFullDue, mergedDeltas } from './index-parts.ts';

const part = (set: string, entries: number): UnitPart => ({ set, database: 'd', entries, uses: [set] });
const unit = (...entries: number[]) => ({
  database: 'Files',
  class: 'personal' as const,
  protection: 'company/user',
  sources: [],
  parts: entries.map((count, i) => part(`${i}`, count)),
  items: 0,
});
const keys = (...names: string[]) => names.map(utf8);

test('deltas of about one size become one; a longer one before them stays', () => {
  const { parts } = unit(5000, 700, 100, 60);
  const of: Record<string, Uint8Array[]> = { 2: keys('a', 'c'), 3: keys('b', 'c') };
  const merged = mergedDeltas(parts, 40, ({ set }) => of[set]);
  assert.equal(merged.count, 2);
  assert.deepEqual(merged.keys, keys('a', 'b', 'c'));
});

test('one whose keys are not known ends it, and the full one is never merged', () => {
  const { parts } = unit(10, 10, 10);
  assert.equal(mergedDeltas(parts, 10, ({ set }) => (set === '2' ? keys('x') : undefined)).count, 1);
  assert.equal(mergedDeltas(parts, 10, () => keys('x')).count, 2);
  assert.equal(mergedDeltas(parts, 10, () => undefined).count, 0);
  assert.deepEqual(
    mergedDeltas([], 10, () => keys('x')),
    { count: 0, keys: [] },
  );
});

test('however many sets, a handful of parts is left', () => {
  let parts = [part('full', 100_000)];
  const written = new Map<string, Uint8Array[]>();
  let entries = 0;
  for (let set = 0; set < 400; set++) {
    const own = Array.from({ length: 20 + (set % 17) }, (_, i) =>
      utf8(`${(set * 7919 + i * 104729) % 90_000}`),
    );
    const merged = mergedDeltas(parts, own.length, (one) => written.get(one.set));
    const all = new Map([...merged.keys, ...own].map((key) => [key.toHex(), key]));
    written.set(`${set}`, [...all.values()].sort(compareBytes));
    parts = [...parts.slice(0, parts.length - merged.count), part(`${set}`, all.size)];
    entries += all.size;
    assert.ok(parts.length <= 9, `${parts.length} parts after ${set} sets`);
  }
  assert.ok(entries < 400 * 28 * 10, `${entries / (400 * 28)} times each`);
});

test('a full one is due when the deltas have become long, or there are very many', () => {
  assert.equal(isFullDue(unit(10_000, 3000, 2000), 900, 10_000), false);
  assert.equal(isFullDue(unit(10_000, 3000, 2000), 1100, 10_000), true);
  assert.equal(isFullDue(unit(...Array.from({ length: 32 }, () => 1)), 1, 10_000), true);
});
