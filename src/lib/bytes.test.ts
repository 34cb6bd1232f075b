import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseShown, release, showBytes, utf8 } from './bytes.ts';

test('what is shown can be typed back', () => {
  assert.equal(showBytes(utf8('ä\\b\n')), 'ä\\\\b\\x0a');
  assert.equal(showBytes(Uint8Array.of(0x61, 0xff, 0x5c)), 'a\\xff\\\\');
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' }).map(utf8)), (bytes) => {
      assert.deepEqual(parseShown(showBytes(bytes)), bytes);
    }),
  );
});

test('released memory is gone for every view of it, and may be released again', () => {
  const bytes = new Uint8Array(100).fill(1);
  const [first, second] = [bytes.subarray(0, 10), bytes.subarray(10)];
  release(first);
  assert.deepEqual([bytes.length, first.length, second.length], [0, 0, 0]);
  release(second);
});
