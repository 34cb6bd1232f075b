import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter, MalformedError } from './binary.ts';

test('a number is read as it was written, and stays below its limit', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (value, limit) => {
      const read = () => new ByteReader(new ByteWriter().uint(value).finish()).uint(limit);
      if (value <= limit) assert.equal(read(), value);
      else assert.throws(read, MalformedError);
    }),
  );
});

test('a number that does not end, or only with its five hundredth byte, is refused', () => {
  for (const zeros of [1, 7, 8, 9, 146, 147, 148, 500])
    for (const last of [0x00, 0x01, 0x7f]) {
      const bytes = new Uint8Array(zeros + 1).fill(0x80);
      bytes[zeros] = last;
      const read = () => new ByteReader(bytes).uint(10);
      assert.throws(read, MalformedError, `${zeros} ${last}`);
    }
});
