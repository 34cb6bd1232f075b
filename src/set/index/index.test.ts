import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from '../../lib/binary.ts';
import { compareBytes, utf8 } from '../../lib/bytes.ts';
import { FRAME_CAPACITY } from '../frame/index.ts';
import {
  decodeIndex,
  encodeIndex,
  entryKey,
  follows,
  type IndexEntry,
  type IndexHeader,
  MAX_ENTRY,
  MAX_EXTENTS,
  splitKey,
  writeEntry,
} from './index.ts';

const table = {
  set: new Uint8Array(16).fill(1),
  database: new Uint8Array(16).fill(2),
  id: new Uint8Array(8).fill(3),
  salt: new Uint8Array(16).fill(4),
  frames: Array.from({ length: 9 }, (_, i) => ({
    offset: 100 + i * 70,
    length: 60,
    hash: new Uint8Array(32).fill(i),
  })),
};

const header = (entries: number): IndexHeader => ({
  kind: 'delta',
  database: 'Address Book',
  class: 'personal',
  sources: [{ label: 'phone', kind: 'vcard' }],
  protection: 'company/user',
  policy: 12,
  chunking: new Uint8Array(0),
  entries,
  tables: [table],
});

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const attributes = fc.record(
  {
    mode: fc.integer({ min: 0, max: 0o7777 }),
    link: fc.uint8Array({ maxLength: 40 }),
    directory: fc.constant(true as const),
    position: fc.nat(),
    name: fc.uint8Array({ maxLength: 40 }),
  },
  { requiredKeys: [] },
);
const present = fc
  .record({
    uid: fc.uint8Array({ maxLength: 60 }),
    title: fc.string({ maxLength: 100, unit: 'binary' }).filter((s) => s.isWellFormed()),
    type: fc.constantFrom('text/vcard', 'application/octet-stream'),
    time: fc.maxSafeNat(),
    attributes,
    fingerprint: bytes(32),
    extents: fc.array(
      fc.record({
        segment: fc.constant(0),
        frame: fc.nat(8),
        offset: fc.nat(60_000),
        length: fc.nat(1e9),
      }),
      { maxLength: 4 },
    ),
  })
  .map((entry) => ({
    ...entry,
    op: 'present' as const,
    key: entryKey(utf8('phone'), entry.uid),
    size: entry.extents.reduce((sum, extent) => sum + extent.length, 0),
  }));
const deleted = fc
  .uint8Array({ maxLength: 60 })
  .map((uid) => ({ op: 'deleted' as const, key: entryKey(utf8('phone'), uid) }));
const sorted = fc
  .uniqueArray(fc.oneof(present, deleted), { selector: (e) => e.key.toHex(), maxLength: 60 })
  .map((entries) => entries.sort((a, b) => compareBytes(a.key, b.key)) as IndexEntry[]);

async function* frames(head: IndexHeader, entries: readonly IndexEntry[]): AsyncGenerator<Uint8Array> {
  for (const frame of encodeIndex(head, entries)) yield frame.slice();
}

async function read(head: IndexHeader, entries: readonly IndexEntry[]): Promise<IndexEntry[]> {
  return Array.fromAsync((await decodeIndex(frames(head, entries))).entries);
}

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, v) => (v instanceof Uint8Array ? [...v] : v)));

test('an index comes back as it was', async () => {
  await fc.assert(
    fc.asyncProperty(sorted, async (entries) => {
      const index = await decodeIndex(frames(header(entries.length), entries));
      assert.deepEqual(plain(index.header), plain(header(entries.length)));
      assert.deepEqual(plain(await Array.fromAsync(index.entries)), plain(entries));
    }),
    { numRuns: 60 },
  );
});

test('what is wanted comes back, what is not is counted and kept in order', async () => {
  await fc.assert(
    fc.asyncProperty(sorted, fc.nat(7), async (entries, rest) => {
      const wants = (key: Uint8Array) => key.at(-1)! % 8 === rest;
      const index = await decodeIndex(frames(header(entries.length), entries), wants);
      const found = await Array.fromAsync(index.entries);
      assert.deepEqual(plain(found), plain(entries.filter(({ key }) => wants(key))));
      const one = await decodeIndex(frames(header(entries.length + 1), entries), wants);
      await assert.rejects(Array.fromAsync(one.entries), { code: 'ERR_MALFORMED' });
    }),
    { numRuns: 60 },
  );
});

test('a head longer than a frame, and entries over many frames', async () => {
  const entries = Array.from({ length: 3000 }, (_, i) => ({
    op: 'deleted' as const,
    key: entryKey(utf8('phone'), utf8(`${String(i).padStart(6, '0')}${'x'.repeat(60)}`)),
  }));
  const head = { ...header(entries.length), tables: Array.from({ length: 400 }, () => table) };
  assert.ok((await Array.fromAsync(frames(head, entries))).length > 4);
  assert.equal((await read(head, entries)).length, 3000);
});

test('entries out of order, missing, doubled or pointing nowhere are refused', async () => {
  const entry = (uid: string): IndexEntry => ({ op: 'deleted', key: entryKey(utf8('p'), utf8(uid)) });
  const [a, b] = [entry('a'), entry('b')];
  await assert.rejects(read(header(2), [b, a]), { code: 'ERR_MALFORMED' });
  await assert.rejects(read(header(2), [a, a]), { code: 'ERR_MALFORMED' });
  await assert.rejects(read(header(3), [a, b]), { code: 'ERR_MALFORMED' });
  const [one] = fc.sample(present, { numRuns: 1, seed: 1 });
  for (const extent of [
    { segment: 1, frame: 0, offset: 0, length: 1 },
    { segment: 0, frame: 9, offset: 0, length: 1 },
  ])
    await assert.rejects(read(header(1), [{ ...one!, size: 1, extents: [extent] }]), {
      code: 'ERR_MALFORMED',
    });
  await assert.rejects(read(header(1), [{ ...one!, size: 7, extents: [] }]), { code: 'ERR_MALFORMED' });
});

test('truncated at every byte: refused, never read as less', async () => {
  const entries = [fc.sample(present, { numRuns: 1, seed: 7 })[0]!];
  const whole = (await Array.fromAsync(frames(header(1), entries))).map((f) => f.slice());
  for (let i = 0; i < whole.length; i++)
    for (let length = 0; length < whole[i]!.length; length++) {
      const cut = async function* () {
        yield* whole.slice(0, i);
        yield whole[i]!.subarray(0, length);
      };
      await assert.rejects(async () => Array.fromAsync((await decodeIndex(cut())).entries), {
        code: 'ERR_MALFORMED',
      });
    }
});

test('a key splits into label and uid, whatever the uid holds', () => {
  const uid = Uint8Array.of(0, 255, 0, 47);
  assert.deepEqual(splitKey(entryKey(utf8('work phone'), uid)), { label: 'work phone', uid });
});

const longest = (extents: number): IndexEntry & { op: 'present' } => {
  const uid = new Uint8Array(4096).fill(1);
  const long = new Uint8Array(4096).fill(2);
  const extent = { segment: 2 ** 20 - 1, frame: 2 ** 20 - 1, offset: 61_000, length: 2 ** 34 };
  return {
    op: 'present',
    key: entryKey(utf8('l'.repeat(255)), uid),
    uid,
    title: 't'.repeat(1024),
    type: 't'.repeat(1024),
    time: Number.MAX_SAFE_INTEGER,
    attributes: { mode: 0o7777, link: long, directory: true, position: Number.MAX_SAFE_INTEGER, name: long },
    size: extents * extent.length,
    fingerprint: new Uint8Array(32),
    extents: Array.from({ length: extents }, () => extent),
  };
};

test('an entry longer than a frame runs over several, up to as many extents as there may be', async () => {
  const table = (index: number) => ({ ...header(0).tables[0]!, id: new Uint8Array(8).fill(index) });
  for (const extents of [5000, 20_000, MAX_EXTENTS]) {
    const before: IndexEntry = { op: 'deleted', key: entryKey(utf8('a'), utf8('before')) };
    const behind: IndexEntry = { op: 'deleted', key: entryKey(utf8('m'), utf8('behind')) };
    const long = longest(extents);
    const entry = {
      ...long,
      extents: long.extents.map((one, i) => ({ ...one, segment: i % 2, frame: i % 9 })),
    };
    const head = { ...header(3), tables: [table(1), table(2)] };
    const entries = [before, entry, behind];
    assert.deepEqual(plain(await read(head, entries)), plain(entries));
    const others = await decodeIndex(frames(head, entries), (key) => key.length < 100);
    assert.deepEqual(plain(await Array.fromAsync(others.entries)), plain([before, behind]));
    const whole = (await Array.fromAsync(frames(head, entries))).map((frame) => frame.slice());
    assert.ok(whole.length > 3 && whole.every((frame) => frame.length <= FRAME_CAPACITY));
    for (const cut of [whole.slice(0, -2), whole.slice(0, 3), whole.with(3, whole[3]!.subarray(1))]) {
      const some = async function* () {
        yield* cut;
      };
      await assert.rejects(async () => Array.fromAsync((await decodeIndex(some())).entries), {
        code: 'ERR_MALFORMED',
      });
    }
  }
});

test('the longest entry has its limit', () => {
  const entry = longest(MAX_EXTENTS);
  const writer = new ByteWriter(1024);
  writeEntry(writer, entry);
  assert.ok(writer.length <= MAX_ENTRY && writer.length > MAX_ENTRY * 0.85, `${writer.length}`);
});

test('one place: within a frame, from a full frame into the next, over many', () => {
  const at = (frame: number, offset: number, length: number, segment = 1) => ({
    segment,
    frame,
    offset,
    length,
  });
  const full = 60 * 1024 - 7;
  assert.ok(follows(at(3, 10, 20), at(3, 30, 1)));
  assert.ok(follows(at(3, 10, full - 10), at(4, 0, 1)));
  assert.ok(follows(at(3, 10, 5 * full), at(8, 10, 1)));
  assert.ok(!follows(at(3, 10, 20), at(3, 31, 1)));
  assert.ok(!follows(at(3, 10, 20), at(4, 0, 1)), 'the frame is not full');
  assert.ok(!follows(at(3, 10, 20), at(3, 30, 1, 2)));
});
