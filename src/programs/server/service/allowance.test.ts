import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from './allowance.ts';

test('so much in a window, for each by itself; what was too much is counted and told once', () => {
  const allowance = new Allowance(2, 1000);
  assert.deepEqual(allowance.take('a', 0), { skipped: 0 });
  assert.deepEqual(allowance.take('a', 999), { skipped: 0 });
  assert.equal(allowance.take('a', 999), undefined);
  assert.equal(allowance.take('a', 999), undefined);
  assert.deepEqual(allowance.take('b', 999), { skipped: 0 });
  assert.deepEqual(allowance.take('a', 1000), { skipped: 2 });
  assert.deepEqual(allowance.take('a', 1001), { skipped: 0 });
});
