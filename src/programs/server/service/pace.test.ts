import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pace } from './pace.ts';

test('a long loop lets others have their turn', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const next = pace();
  for (const end = performance.now() + 200; performance.now() < end; ) await next();
  clearInterval(timer);
  assert.ok(turns > 0);
});
