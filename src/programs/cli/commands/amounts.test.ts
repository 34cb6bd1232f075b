import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBytes, parseCount, parseDuration } from './amounts.ts';

test('sizes', () => {
  assert.deepEqual(
    ['0', '1024', '1k', '512M', '50GiB', '2TB'].map((text) => parseBytes('--quota', text)),
    [0, 1024, 1024, 512 * 2 ** 20, 50 * 2 ** 30, 2 * 2 ** 40],
  );
  for (const bad of ['', '-1', '1.5G', '1X', '999999999999T', 'G'])
    assert.throws(() => parseBytes('--quota', bad), { code: 'ERR_USAGE' }, bad);
});

test('times', () => {
  assert.deepEqual(
    ['30s', '15m', '24h', '7d'].map((text) => parseDuration('--expires', text)),
    [30_000, 900_000, 86_400_000, 604_800_000],
  );
  for (const bad of ['', '0s', '1', '1.5h', '1w', '-1h', 'h'])
    assert.throws(() => parseDuration('--expires', bad), { code: 'ERR_USAGE' }, bad);
});

test('counts', () => {
  assert.deepEqual(
    ['1', '007', '365'].map((text) => parseCount('--keep-last', text)),
    [1, 7, 365],
  );
  for (const bad of ['', '0', '-1', '1.5', 'all', '1d', '9999999'])
    assert.throws(() => parseCount('--keep-last', bad), { code: 'ERR_USAGE' }, bad);
});
