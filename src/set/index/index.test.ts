import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader } from '../../lib/binary.ts';
import { compareBytes, utf8 } from '../../lib/bytes.ts';
import {
  decodeIndex,
  encodeIndex,
  entryKey,
  type IndexEntry,
  type IndexHeader,
  MAX_EXTENTS,
  readEntry,
  splitKey,
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

test('an entry of as many extents as there may be, behind the longest head, fits into a frame', () => {
  const uid = new Uint8Array(4096).fill(1);
  const long = new Uint8Array(4096).fill(2);
  const extent = { segment: 2 ** 20 - 1, frame: 2 ** 20 - 1, offset: 61_000, length: 2 ** 34 };
  const entry: IndexEntry = {
    op: 'present',
    key: entryKey(utf8('l'.repeat(255)), uid),
    uid,
    title: 't'.repeat(2000),
    type: 't'.repeat(2000),
    time: Number.MAX_SAFE_INTEGER,
    attributes: { mode: 0o7777, link: long, directory: true, position: Number.MAX_SAFE_INTEGER, name: long },
    size: MAX_EXTENTS * extent.length,
    fingerprint: new Uint8Array(32),
    extents: Array.from({ length: MAX_EXTENTS }, () => extent),
  };
  const frames = [...encodeIndex(header(1), [entry])].map((frame) => frame.slice());
  const read = readEntry(new ByteReader(frames.at(-1)!));
  assert.deepEqual(read, { ...entry, title: 't'.repeat(1024), type: 't'.repeat(1024) });
});
