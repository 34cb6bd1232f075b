import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { durationMs, showDuration } from './duration.ts';

test('each unit', () => {
  assert.deepEqual(
    ['30s', '15m', '24h', '7d', '99999d'].map(durationMs),
    [30_000, 900_000, 86_400_000, 604_800_000, 8_639_913_600_000],
  );
});

test('everything else is no duration', () => {
  for (const text of ['', '24', 'h', '0h', '024h', '-1h', '1.5h', '1 h', '1w', '100000d', '1h\n', '1H']) {
    assert.equal(durationMs(text), undefined, JSON.stringify(text));
  }
});

test('shown, it is read back as the same time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99_999 }), (seconds) => {
      assert.equal(durationMs(showDuration(seconds * 1000)), seconds * 1000);
    }),
  );
  assert.equal(showDuration(1500), '1500ms');
  assert.equal(showDuration(0), '0ms');
});
