import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Later } from './later.ts';

test('it is done once, at the soonest time that was drawn; at once when there is no hurry to be avoided', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => 0);
  const drawn = [0.5, 0.9, 0.1, 0.5, 0.5];
  let done = 0;
  const later = new Later(
    () => done++,
    () => drawn.shift()!,
  );
  later.within(20_000);
  later.within(20_000);
  later.within(20_000);
  t.mock.timers.tick(1999);
  assert.equal(done, 0);
  t.mock.timers.tick(1);
  assert.equal(done, 1);
  t.mock.timers.tick(60_000);
  assert.equal(done, 1);
  later.within(20_000);
  later.within(0);
  assert.equal(done, 2);
  t.mock.timers.tick(60_000);
  assert.equal(done, 2, 'it is done: the time that was drawn before is over');
});

test('what has ended does nothing', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let done = 0;
  const later = new Later(
    () => done++,
    () => 0.5,
  );
  later.within(1000);
  later[Symbol.dispose]();
  t.mock.timers.tick(60_000);
  assert.equal(done, 0);
});
