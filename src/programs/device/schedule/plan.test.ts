import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Past, type PlanInput, pauseAfter, planRun, shareOf } from './plan.ts';
import { silentSince } from './silence.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Some Tuesday. */
const T = Date.UTC(2026, 10, 24, 9);

const plan = (more: Partial<PlanInput> = {}) =>
  planRun({ every: DAY, share: 0, past: { failures: 0 }, since: T, now: T, ...more });

const succeeded = (at: number, more: Partial<Past> = {}): Past => ({
  anchor: at,
  succeeded: at,
  failures: 0,
  ...more,
});

test('the first one comes soon, each device at its own moment', () => {
  assert.deepEqual(plan(), { at: T, why: 'first' });
  assert.deepEqual(plan({ share: 0.5 }), { at: T + MINUTE, why: 'first' });
  assert.deepEqual(plan({ share: 0.5, every: 10 * MINUTE }), { at: T + MINUTE / 2, why: 'first' });
});

test('regular times keep the time of day, however long each run takes', () => {
  let past = succeeded(T);
  for (let day = 1; day <= 400; day++) {
    const { at, why } = plan({ past, now: past.succeeded! });
    assert.deepEqual([at, why], [T + day * DAY, 'regular']);
    past = { ...past, succeeded: at + 37 * MINUTE };
  }
});

test('jitter: a tenth of the period, at most 15 minutes, the same every time', () => {
  const next = (every: number, share: number) => plan({ every, share, past: succeeded(T) }).at - T - every;
  assert.equal(next(DAY, 0.999_999) < 15 * MINUTE, true);
  assert.equal(next(DAY, 0.5), 7.5 * MINUTE);
  assert.equal(next(HOUR, 0.5), 3 * MINUTE);
  assert.deepEqual(shareOf('Jx3TqkWm0vYc5RbN8sLfzA'), shareOf('Jx3TqkWm0vYc5RbN8sLfzA'));
  const shares = Array.from({ length: 1000 }, (_, n) => shareOf(`device-${n}`));
  assert.ok(shares.every((share) => share >= 0 && share < 1));
  for (let tenth = 0; tenth < 10; tenth++) {
    const within = shares.filter((share) => Math.floor(share * 10) === tenth).length;
    assert.ok(within > 50 && within < 150, `${within} devices in tenth ${tenth}`);
  }
});

test('times that were missed are made up for once, soon after waking', () => {
  const woken = T + 5 * DAY + 3 * HOUR;
  const past = succeeded(T);
  assert.deepEqual(plan({ past, since: woken, now: woken }), { at: woken, why: 'missed' });
  assert.deepEqual(plan({ past, since: woken, now: woken, share: 0.5 }), {
    at: woken + MINUTE,
    why: 'missed',
  });
  // Later looks say the same.
  const later = { past, since: woken, share: 0.5 };
  assert.equal(plan({ ...later, now: woken + MINUTE }).at, woken + MINUTE);
  // Made up for: the next one is the next regular time.
  const done = { ...past, succeeded: woken + 10 * MINUTE };
  assert.equal(plan({ past: done, since: woken, now: woken + HOUR }).at, T + 6 * DAY);
});

test('a backup by hand counts; one shortly before a regular time stands for it', () => {
  const now = T + 20 * HOUR;
  assert.equal(plan({ past: { ...succeeded(T), succeeded: now }, now }).at, T + DAY);
  const shortly = T + 23 * HOUR;
  assert.equal(plan({ past: { ...succeeded(T), succeeded: shortly }, now: shortly }).at, T + 2 * DAY);
});

test('after failures: a minute, growing to an hour, at the latest at the next regular time', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => pauseAfter(failures) / MINUTE),
    [1, 2, 4, 8, 16, 32, 60, 60, 60],
  );
  const started = T + DAY;
  const failed = (failures: number, ended: number): Past =>
    succeeded(T, { failures, attempt: { started, ended, interrupted: false } });
  assert.deepEqual(plan({ past: failed(1, started + 1), now: started + 1 }), {
    at: started + 1 + MINUTE,
    why: 'retry',
  });
  const late = T + 2 * DAY - 3 * HOUR + HOUR / 2;
  assert.equal(plan({ past: failed(9, late), now: late }).at, late + HOUR);
  // The failure was so late that the regular time comes first.
  const every = 10 * MINUTE;
  const next = plan({ every, past: failed(9, started), now: started });
  assert.deepEqual([next.at, next.why], [started + every, 'regular']);
  const first: Past = { failures: 1, attempt: { started: T, ended: T + 5, interrupted: false } };
  assert.deepEqual(plan({ past: first, now: T + 5 }), { at: T + 5 + MINUTE, why: 'retry' });
});

test('what was cut short goes on when the agent is back; what somebody stopped waits', () => {
  const cut: Past = succeeded(T, { attempt: { started: T + DAY, ended: T + DAY + 9, interrupted: true } });
  const back = T + DAY + HOUR;
  assert.deepEqual(plan({ past: cut, since: back, now: back }), { at: back, why: 'resume' });
  // Stopped by hand, after a success, before the next regular time: as if it had not been asked for.
  const byHand: Past = succeeded(T, {
    attempt: { started: T + HOUR, ended: T + HOUR + 9, interrupted: true },
  });
  assert.equal(plan({ past: byHand, since: T, now: T + 2 * HOUR }).at, T + DAY);
  const never: Past = { failures: 0, attempt: { started: T, ended: T + 9, interrupted: true } };
  assert.equal(plan({ past: never, since: T, now: T + 9 }).at, T + 9 + MINUTE);
});

test('a process that was killed counts as a failure, so that it cannot be killed again and again at once', () => {
  const killed = (failures: number): Past =>
    succeeded(T, { failures, attempt: { started: T + DAY, interrupted: false } });
  const soon = T + DAY + 20_000;
  assert.equal(plan({ past: killed(1), since: soon, now: soon }).at, T + DAY + MINUTE);
  assert.equal(plan({ past: killed(7), since: soon, now: soon }).at, T + DAY + HOUR);
  const later = T + DAY + 2 * HOUR;
  assert.deepEqual(plan({ past: killed(7), since: later, now: later }), { at: later, why: 'retry' });
});

test('a clock that was set back does not stop the backups', () => {
  const ahead = succeeded(T + 400 * DAY, { failures: 0 });
  assert.deepEqual(plan({ past: ahead }), { at: T, why: 'missed' });
  const failing: Past = {
    failures: 3,
    attempt: { started: T + 9 * DAY, ended: T + 9 * DAY, interrupted: false },
  };
  assert.deepEqual(plan({ past: failing }), { at: T, why: 'first' });
  // A little ahead, as clocks are: nothing special.
  assert.equal(plan({ past: succeeded(T + MINUTE), now: T }).at, T + MINUTE + DAY);
});

test('whatever happened: it is planned, in the future no further than a period, and stays put', () => {
  const time = fc.integer({ min: T - 30 * DAY, max: T + 30 * DAY });
  const attempt = fc.record({
    started: time,
    ended: fc.option(time, { nil: undefined }),
    interrupted: fc.boolean(),
  });
  const past = fc.record({
    anchor: fc.option(time, { nil: undefined }),
    succeeded: fc.option(time, { nil: undefined }),
    attempt: fc.option(attempt, { nil: undefined }),
    failures: fc.nat(60),
  });
  const every = fc.integer({ min: 1000, max: 40 * DAY });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(past, every, share, fc.nat(30 * DAY), (known, period, place, watched) => {
      const input = { every: period, share: place, past: known, since: T - watched, now: T };
      const { at } = planRun(input);
      assert.ok(at >= input.since, 'nothing is planned before anybody watched');
      // A period, its tenth, the jitter, and what a clock may be off.
      assert.ok(at <= T + 1.2 * period + HOUR + 5 * MINUTE, `${at - T}`);
      if (at > T)
        assert.equal(planRun({ ...input, now: at }).at <= at, true, 'when its time comes it is due');
    }),
  );
});

test('silence is what is longer than policy allows; without backup since the enrolment', () => {
  const heard = { alertAfter: 5 * DAY, last: T, enrolled: T - 9 * DAY, now: T + 5 * DAY };
  assert.equal(silentSince(heard), undefined);
  assert.equal(silentSince({ ...heard, now: heard.now + 1 }), T);
  assert.equal(silentSince({ ...heard, last: undefined }), T - 9 * DAY);
  assert.equal(silentSince({ ...heard, now: T + 99 * DAY, alertAfter: undefined }), undefined);
});
