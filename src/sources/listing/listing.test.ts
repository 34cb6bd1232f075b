import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Marks, SortedRecords } from './index.ts';

const digest = (n: number): Uint8Array => {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(28, n);
  return bytes;
};

function collect(records: SortedRecords): [string, number][] {
  const all: [string, number][] = [];
  for (const { uid, digest: of, facts } of records.inOrder()) {
    const n = facts.uint();
    assert.deepEqual(of, digest(n));
    all.push([uid, n]);
  }
  return all;
}

test('records come in order of uid, those of one uid as they came, over many chunks', () => {
  const records = new SortedRecords();
  const expected: [string, number][] = [];
  const padding = 'x'.repeat(400);
  // 25 MB: several chunks.
  for (let i = 0; i < 60_000; i++) {
    const uid = `${(i * 7919) % 20_000}`.padStart(5, '0') + (i % 3 === 0 ? 'ÿ' : '');
    expected.push([uid, i]);
    records.add(uid, digest(i), (facts) => facts.uint(i).text(padding));
  }
  expected.sort(([a, m], [b, n]) => (a < b ? -1 : a > b ? 1 : m - n));
  assert.deepEqual(collect(records), expected);
});

test('property: any uids', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '/', '#', 'ÿ', '\0') })), (uids) => {
      const records = new SortedRecords();
      uids.forEach((uid, i) => {
        records.add(uid, digest(i), (facts) => facts.uint(i));
      });
      const expected = uids
        .map((uid, i): [string, number] => [uid, i])
        .sort(([a, m], [b, n]) => (a < b ? -1 : a > b ? 1 : m - n));
      assert.deepEqual(collect(records), expected);
    }),
  );
});

test('a mark is new once', () => {
  const marks = new Marks();
  const hex = (n: number): string => ((n * 2654435761) % 2 ** 32).toString(16).padStart(16, '0');
  for (let i = 0; i < 5000; i++) assert.equal(marks.add(hex(i)), true, `${i}`);
  for (let i = 0; i < 5000; i++) assert.equal(marks.add(hex(i)), false, `${i}`);
});
