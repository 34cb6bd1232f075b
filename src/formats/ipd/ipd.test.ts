import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '../../lib/bytes.ts';
import {
  encodeIpd,
  IPD_FIELD_MAX,
  type IpdEvent,
  type IpdPart,
  IpdReader,
  ipdName,
  readIpdFields,
  readIpdText,
} from './index.ts';

const bytes = (max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: max });

const record: fc.Arbitrary<IpdPart> = fc.record({
  kind: fc.constant('record' as const),
  database: fc.integer({ min: 0, max: 0xfffe }),
  version: fc.nat(0xff),
  handle: fc.nat(0xffff),
  uniqueId: fc.nat(0xffff_ffff),
  fields: fc.array(fc.record({ type: fc.nat(0xff), data: bytes(60) }), { maxLength: 8 }),
  // What can be no field: too short for one, or longer than what follows.
  tail: fc.oneof(
    bytes(2),
    bytes(40).map((data) => concat(Uint8Array.of(data.length + 1, 0, 9), data)),
  ),
});

const opaque: fc.Arbitrary<IpdPart> = fc.oneof(
  fc.record({
    kind: fc.constant('opaque' as const),
    database: fc.integer({ min: 0, max: 0xfffe }),
    body: bytes(6),
  }),
  fc.record({
    kind: fc.constant('opaque' as const),
    database: fc.constant(0xffff),
    body: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  }),
);

const header = fc.array(bytes(20), { maxLength: 5 }).map((names): IpdPart => ({ kind: 'header', names }));

const file = fc.tuple(
  header,
  fc.array(fc.oneof({ weight: 4, arbitrary: record }, opaque), { maxLength: 12 }),
);

function read(reader: IpdReader, chunks: readonly Uint8Array[]): IpdEvent[] {
  const found: IpdEvent[] = [];
  for (const chunk of chunks) for (const event of reader.push(chunk)) found.push(structuredClone(event));
  return [...found, ...structuredClone(reader.end())];
}

function cutAt(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (whole.length + 1)), whole.length].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => whole.subarray(at[i], end));
}

const withoutOffset = ({ offset: _, ...part }: IpdEvent): IpdPart => part;

test('what is written is read back, in whatever chunks', () => {
  fc.assert(
    fc.property(file, fc.array(fc.nat(), { maxLength: 20 }), ([first, others], places) => {
      const parts = structuredClone([first, ...others]);
      const whole = concat(...parts.map(encodeIpd));
      const found = read(new IpdReader(), cutAt(whole, places));
      assert.deepEqual(found.map(withoutOffset), parts);
    }),
  );
});

test('whatever follows the names, it comes back byte for byte', () => {
  fc.assert(
    fc.property(header, bytes(300), fc.array(fc.nat(), { maxLength: 9 }), (first, any, places) => {
      const whole = concat(encodeIpd(first), any);
      assert.deepEqual(concat(...read(new IpdReader(), cutAt(whole, places)).map(encodeIpd)), whole);
    }),
  );
});

test('altered files are read or refused by a code, and what is read comes back byte for byte', () => {
  fc.assert(
    fc.property(
      file,
      fc.array(fc.tuple(fc.nat(), fc.nat(0xff)), { minLength: 1, maxLength: 6 }),
      (made, changes) => {
        const whole = concat(...[made[0], ...made[1]].map(encodeIpd));
        for (const [at, value] of changes) whole[at % whole.length] = value;
        try {
          assert.deepEqual(concat(...read(new IpdReader(), [whole]).map(encodeIpd)), whole);
        } catch (error) {
          assert.match((error as { code?: string }).code ?? String(error), /^ERR_IPD_/);
        }
      },
    ),
  );
});

test('the longest field', () => {
  const data = new Uint8Array(IPD_FIELD_MAX).fill(7);
  const fields = [1, 2].map((type) => ({ type, data }));
  const part: IpdPart = {
    kind: 'record',
    database: 0,
    version: 0,
    handle: 1,
    uniqueId: 1,
    fields,
    tail: new Uint8Array(),
  };
  const whole = concat(encodeIpd({ kind: 'header', names: [] }), encodeIpd(part));
  assert.deepEqual(read(new IpdReader(), [whole]).map(withoutOffset)[1], part);
});

test('more fields than are taken are kept as a tail', () => {
  const { fields, tail } = readIpdFields(new Uint8Array(3 * 70_000));
  assert.deepEqual([fields.length, tail.length], [65_536, 3 * (70_000 - 65_536)]);
});

test('limits: a longer record is rest, in pieces; longer names are refused', () => {
  const names = encodeIpd({ kind: 'header', names: [new Uint8Array(100)] });
  assert.throws(() => new IpdReader({ header: 100 }).push(names), { code: 'ERR_IPD_LIMIT' });
  const reader = new IpdReader({ header: names.length, record: 50 });
  reader.push(names);
  const length = Uint8Array.of(0, 0, 51, 0, 0, 0);
  assert.deepEqual(
    reader.push(length).map(({ kind }) => kind),
    ['rest'],
  );
  const more = reader.push(new Uint8Array(1000));
  assert.deepEqual(more, [
    { kind: 'rest', reason: 'overlong', bytes: new Uint8Array(1000), offset: names.length + 6 },
  ]);
  assert.deepEqual(reader.end(), []);
});

test('a length is no reason to allocate', () => {
  const reader = new IpdReader({ record: 2 ** 32 });
  reader.push(encodeIpd({ kind: 'header', names: [] }));
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 100; i++) reader.push(i ? new Uint8Array(10) : Uint8Array.of(0, 0, 255, 255, 255, 255));
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
});

test('values without an IPD form are refused', () => {
  const part = {
    kind: 'record',
    database: 0,
    version: 0,
    handle: 0,
    uniqueId: 0,
    fields: [],
    tail: new Uint8Array(),
  } as const;
  const wrong: IpdPart[] = [
    { ...part, database: 0xffff },
    { ...part, database: -1 },
    { ...part, version: 256 },
    { ...part, handle: 0x1_0000 },
    { ...part, uniqueId: 2 ** 32 },
    { ...part, fields: [{ type: 256, data: new Uint8Array() }] },
    { ...part, fields: [{ type: 0, data: new Uint8Array(0x1_0000) }] },
    { kind: 'opaque', database: 1, body: new Uint8Array(7) },
    { kind: 'opaque', database: 0xffff, body: new Uint8Array(0) },
    { kind: 'header', names: [new Uint8Array(0x1_0000)] },
    { kind: 'header', names: Array(0x1_0000).fill(new Uint8Array()) },
  ];
  for (const one of wrong) assert.throws(() => encodeIpd(one), { code: 'ERR_IPD_VALUE' });
});

test('names: all NULs at the end go; UTF-8 if it is, else Windows-1252', () => {
  assert.equal(readIpdText(utf8('WPTCP')), 'WPTCP');
  assert.equal(readIpdText(utf8('a\0b\0\0\0')), 'a\0b');
  assert.equal(readIpdText(Uint8Array.of(0x43, 0x61, 0x66, 0xe9, 0x20, 0x80, 0)), 'Café €');
  for (const name of ['Address Book', 'Fotos für Zoë', '手机'])
    assert.equal(readIpdText(ipdName(name)), name);
});
