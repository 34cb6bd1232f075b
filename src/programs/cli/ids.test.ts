import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markIds, unmarked } from './ids.ts';

test('ids that begin like flags are told apart from flags, and come back as they were', () => {
  const ids = ['-fPbclbQeNMMv9oSQPvFzg', '--PbclbQeNMMv9oSQPvFzg', '----------------------'];
  const others = ['fPbclbQeNMMv9oSQPvFzg-', '--set', '-h', '--', '--a-flag-of-so-many-ch', 'diff', '-fPbc'];
  for (const id of ids) assert.ok(!markIds([id])[0]!.startsWith('-'), id);
  assert.deepEqual(markIds(others), others);
  assert.deepEqual(markIds([...ids, ...others]).map(unmarked), [...ids, ...others]);
});
