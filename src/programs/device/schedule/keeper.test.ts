/** The loop under a clock and timers of the test's own: days pass in no time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hold, Upcoming } from '../../../api/device/index.ts';
import { keepSchedule, type RunEnd, type Wanted } from './keeper.ts';
import { type Past, shareOf } from './plan.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T = Date.UTC(2026, 10, 24, 9);
const DEVICE = 'Jx3TqkWm0vYc5RbN8sLfzA';
const SHARE = shareOf(DEVICE);

/** A machine with its own time, on which backups take a minute. */
class Machine {
  now = T;
  // As `performance.now()`: no whole numbers.
  steady = 0.3125;
  past: Past = { failures: 0 };
  every = DAY;
  wanted: Wanted | undefined;
  held: Hold | undefined;
  end: RunEnd = 'done';
  runs: number[] = [];
  told: Upcoming[] = [];
  waits: number[] = [];
  /** What happens at a time, besides its passing. */
  readonly events: (readonly [at: number, what: () => void])[] = [];

  pass(ms: number): void {
    this.now += ms;
    this.steady += ms;
  }

  /** Until a time by its clock, or for some time by the steady one. */
  async live(until: number, awake = Number.POSITIVE_INFINITY): Promise<void> {
    const end = this.steady + awake;
    const ending = new AbortController();
    await keepSchedule({
      clock: () => this.now,
      steady: () => this.steady,
      signal: ending.signal,
      wait: async (ms) => {
        this.waits.push(ms);
        this.pass(ms);
        while (this.events[0] && this.events[0][0] <= this.now) this.events.shift()![1]();
        if (this.now >= until || this.steady >= end) ending.abort();
      },
      look: async () =>
        this.wanted ?? {
          kind: 'schedule',
          device: DEVICE,
          destination: 'http://127.0.0.1/areas/a',
          every: this.every,
          past: this.past,
        },
      hold: async () => this.held,
      run: async () => {
        this.runs.push(this.now);
        const started = this.now;
        if (this.end === 'busy') return 'busy';
        this.pass(MINUTE);
        if (this.end === 'done')
          this.past = { anchor: this.past.anchor ?? started, succeeded: this.now, failures: 0 };
        else
          this.past = {
            ...this.past,
            failures: this.past.failures + 1,
            attempt: { started, ended: this.now, interrupted: false },
          };
        return this.end;
      },
      tell: (upcoming) => {
        if (upcoming.kind === 'at') assert.ok(Number.isInteger(upcoming.time));
        this.told.push(upcoming);
      },
    });
  }
}

test('a machine that is always on: once a day at its time, never waiting longer than five minutes', async () => {
  const machine = new Machine();
  await machine.live(T + 10 * DAY);
  assert.equal(machine.runs.length, 10);
  assert.equal(machine.runs[0], T + Math.floor(SHARE * 2 * MINUTE));
  const [second, third] = machine.runs.slice(1);
  assert.equal(third! - second!, DAY);
  assert.ok(Math.max(...machine.waits) <= 5 * MINUTE);
});

test('a machine that sleeps every night runs once each morning', async () => {
  const machine = new Machine();
  for (let day = 0; day < 7; day++) {
    // Asleep from 22:00 to 9:00; the steady clock stands still.
    const evening = T + day * DAY + 13 * HOUR;
    machine.events.push([evening, () => void (machine.now = evening + 11 * HOUR)]);
  }
  machine.past = { anchor: T - 5 * HOUR, succeeded: T - 5 * HOUR, failures: 0 };
  await machine.live(T + 7 * DAY);
  assert.equal(machine.runs.length, 7 - 1);
  for (const [n, run] of machine.runs.entries()) {
    const woken = T + (n + 1) * DAY;
    assert.ok(
      run >= woken && run <= woken + 2 * MINUTE + 1,
      `${(run - woken) / MINUTE} minutes after waking`,
    );
  }
  // Asleep for a month: one run makes up for all.
  const before = machine.runs.length;
  machine.events.push([machine.now, () => void (machine.now += 30 * DAY)]);
  await machine.live(machine.now + 30 * DAY + HOUR);
  assert.equal(machine.runs.length, before + 1);
});

test('failures: growing pauses, and one attempt at each regular time', async () => {
  const machine = new Machine();
  machine.end = 'failed';
  await machine.live(T + 3 * HOUR);
  const pauses = machine.runs.slice(1).map((run, n) => Math.round((run - machine.runs[n]!) / MINUTE));
  // Each takes a minute.
  assert.deepEqual(pauses, [2, 3, 5, 9, 17, 33, 61]);
  machine.end = 'done';
  const tried = machine.runs.length;
  await machine.live(T + DAY - HOUR);
  assert.equal(machine.runs.length, tried + 1);
});

test('another run at work, or a record that cannot be written: it does not try without pause', async () => {
  const machine = new Machine();
  machine.end = 'busy';
  await machine.live(T + HOUR);
  assert.ok(
    machine.runs.length > 50 && machine.runs.length <= 60,
    `${machine.runs.length} attempts in an hour`,
  );
});

test('on battery or a metered network it waits, says so, and goes on by itself', async () => {
  const machine = new Machine();
  machine.held = 'metered';
  await machine.live(T + HOUR);
  assert.deepEqual(machine.runs, []);
  assert.deepEqual(machine.told.at(-1), { kind: 'held', hold: 'metered' });
  machine.held = undefined;
  await machine.live(T + 2 * HOUR);
  assert.equal(machine.runs.length, 1);
});

test('a clock that is set, forwards or back: one backup more at most, and never none', async () => {
  const machine = new Machine();
  await machine.live(T + HOUR);
  machine.events.push([machine.now, () => void (machine.now += 365 * DAY)]);
  await machine.live(T + 365 * DAY + 2 * HOUR);
  assert.equal(machine.runs.length, 2);
  machine.events.push([machine.now, () => void (machine.now -= 365 * DAY)]);
  await machine.live(Number.POSITIVE_INFINITY, 25 * HOUR);
  assert.equal(machine.runs.length, 4);
});

test('no schedule, no backup; one that comes is kept, one that changes is kept as it is now', async () => {
  const machine = new Machine();
  machine.wanted = { kind: 'none', reason: 'no-schedule' };
  await machine.live(T + 3 * DAY);
  assert.deepEqual([machine.runs, machine.told.at(-1)], [[], { kind: 'none', reason: 'no-schedule' }]);
  machine.wanted = undefined;
  await machine.live(T + 3 * DAY + HOUR);
  assert.equal(machine.runs.length, 1);
  machine.every = HOUR;
  await machine.live(T + 3 * DAY + 11 * HOUR);
  assert.ok(machine.runs.length >= 10 && machine.runs.length <= 12, `${machine.runs.length} runs`);
});
