import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attempts } from './attempts.ts';

test('twenty failures within a minute shut an address out, and only that one, for a while', () => {
  let now = 1000;
  const counted = attempts(() => now);
  for (let count = 0; count < 20; count++) {
    counted.check('a');
    counted.failed('a');
  }
  assert.throws(() => counted.check('a'), { code: 'ERR_TOO_MANY_ATTEMPTS' });
  counted.check('b');
  now += 59_999;
  assert.throws(() => counted.check('a'), { code: 'ERR_TOO_MANY_ATTEMPTS' });
  now += 1;
  counted.check('a');
  counted.failed('a');
  counted.check('a');
});

test('a flood of addresses does not grow without end', () => {
  const counted = attempts(() => 1000);
  for (let count = 0; count < 20; count++) counted.failed('first');
  for (let count = 0; count < 10_000; count++) counted.failed(`address ${count}`);
  counted.check('first');
});
