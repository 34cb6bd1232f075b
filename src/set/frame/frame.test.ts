import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBody, encodeBody, FRAME_BODY, FRAME_CAPACITY, frameAad, padme } from './index.ts';

test('a body comes back as it was, padded or not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), fc.boolean(), (packed, compressed, pad) => {
      const raw = compressed ? 3000 : packed.length;
      const body = decodeBody(encodeBody({ compressed, raw, packed }, pad));
      assert.deepEqual({ ...body, packed: [...body.packed] }, { compressed, raw, packed: [...packed] });
    }),
  );
});

test('a full frame of incompressible data is not padded', () => {
  const packed = new Uint8Array(FRAME_CAPACITY);
  assert.equal(encodeBody({ compressed: false, raw: packed.length, packed }, true).length, FRAME_BODY);
});

test('padme: never shorter, at most 12 % longer, and idempotent', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (length) => {
      const padded = padme(length);
      assert.ok(padded >= length && padded <= length * 1.12 + 1);
      assert.equal(padme(padded), padded);
    }),
  );
  assert.deepEqual([9, 100, 1000, 61_447].map(padme), [10, 104, 1024, 63_488]);
});

test('bodies with impossible lengths are refused', () => {
  for (const bytes of [
    [],
    [0, 0, 0, 1, 0, 0],
    [2, 0, 0, 1, 0, 0, 1, 65], // unknown method
    [0, 0, 0, 2, 0, 0, 1, 65], // stored, two lengths
    [1, 255, 255, 255, 0, 0, 1, 65], // raw above the capacity
    [0, 0, 0, 9, 0, 0, 9, 65], // longer than the body
  ])
    assert.throws(() => decodeBody(Uint8Array.from(bytes)), { code: 'ERR_MALFORMED' });
});

test('the additional data differs with every part of the place', () => {
  const place = {
    set: new Uint8Array(16).fill(1),
    database: new Uint8Array(16).fill(2),
    stream: 'data' as const,
    salt: new Uint8Array(16).fill(3),
  };
  const all = [
    frameAad(place)(0, 0, 10),
    frameAad(place)(1, 0, 10),
    frameAad(place)(0, 1, 10),
    frameAad(place)(0, 0, 11),
    frameAad({ ...place, stream: 'index' })(0, 0, 10),
    frameAad({ ...place, set: new Uint8Array(16) })(0, 0, 10),
    frameAad({ ...place, database: new Uint8Array(16) })(0, 0, 10),
    frameAad({ ...place, salt: new Uint8Array(16) })(0, 0, 10),
  ].map((aad) => aad.toHex());
  assert.equal(new Set(all).size, all.length);
  assert.equal(
    all[1],
    `48460100${'01'.repeat(16)}${'02'.repeat(16)}${'03'.repeat(16)}${'00000001'}${'00'}${'0000000a'}`,
  );
});
