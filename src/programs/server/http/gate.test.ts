import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { BusyError } from '../errors.ts';
import { Gate, type Lane, type Place } from './gate.ts';
import { spreadFor } from './pace.ts';

/** A gate whose time and chance are ours. */
function some(change: { atOnce?: number; waiting?: number; random?: () => number } = {}) {
  let now = 0;
  const gate = new Gate({ atOnce: 1, waiting: 3, random: () => 0.5, ...change, now: () => now });
  const entered: string[] = [];
  const places: Place[] = [];
  const come = (name: string, lane: Lane = 'usual', gone = () => false) =>
    gate.enter(lane, { gone }).then((place) => {
      entered.push(name);
      places.push(place);
    });
  /** The one that came in first leaves. */
  const leave = async (after = 0) => {
    now += after;
    places.shift()!.leave();
    await setImmediate();
  };
  return { gate, come, leave, entered };
}

test('so many at a time, the others in the order in which they came; a place is left once', async () => {
  const { gate, come, leave, entered } = some({ atOnce: 2 });
  const place = await gate.enter('usual');
  for (const name of ['a', 'b', 'c']) void come(name);
  await setImmediate();
  assert.deepEqual(entered, ['a']);
  place.leave();
  place.leave();
  await setImmediate();
  assert.deepEqual(entered, ['a', 'b']);
  await leave();
  await leave();
  await leave();
  assert.deepEqual(entered, ['a', 'b', 'c']);
  await Promise.all([come('d'), come('e')]);
  void come('f');
  await setImmediate();
  assert.deepEqual(entered, ['a', 'b', 'c', 'd', 'e'], 'all places were given back, and not more');
});

test('the first lane goes first, and nobody waits for ever for it', async () => {
  const { come, leave, entered } = some({ waiting: 10 });
  await come('in');
  for (const name of ['u1', 'u2']) void come(name);
  for (const name of ['f1', 'f2', 'f3', 'f4', 'f5', 'f6']) void come(name, 'first');
  for (let count = 0; count < 9; count++) await leave();
  assert.deepEqual(entered, ['in', 'f1', 'f2', 'f3', 'f4', 'u1', 'f5', 'f6', 'u2']);
});

test('too many are told when to come again, in each lane by itself', async () => {
  const { gate, come } = some();
  await come('in');
  for (const name of ['a', 'b', 'c']) void come(name);
  await assert.rejects(come('d'), (error: unknown) => {
    assert.ok(error instanceof BusyError && error.code === 'ERR_BUSY' && error.kind === 'failed');
    assert.equal(error.retryAfter, 1);
    return true;
  });
  void come('e', 'first');
  // 20,000 pieces of work at 3 ms: a minute, and half of it is drawn.
  await assert.rejects(gate.enter('usual', { behind: 20_000 }), { retryAfter: 31 });
  await assert.rejects(
    gate.enter('usual', { behind: 1e9 }),
    { retryAfter: 46 },
    'never longer than a minute',
  );
});

test('a herd that nobody called comes back as a line', async () => {
  const { come, leave, gate } = some();
  await come('in');
  for (const name of ['a', 'b', 'c']) void come(name);
  const after: number[] = [];
  for (let count = 0; count < 10_000; count++)
    await gate.enter('usual').catch((error: BusyError) => after.push(error.retryAfter));
  // 3 ms for each: as many in each of the first seconds, and the last ones within half a minute.
  for (const second of [2, 10, 20, 30])
    assert.ok([333, 334].includes(after.filter((one) => one === second).length), `${second}`);
  assert.equal(after.at(-1), 31);
  await leave(60_000);
  void come('d');
  await assert.rejects(come('e'), { retryAfter: 1 }, 'their time is over');
});

test('who has gone while waiting takes nobody’s turn', async () => {
  const { come, leave, entered } = some();
  await come('in');
  const gone = assert.rejects(
    come('gone', 'usual', () => true),
    { code: 'ERR_BUSY' },
  );
  void come('there');
  await leave();
  await gone;
  assert.deepEqual(entered, ['in', 'there']);
});

test('the pace is measured while others wait, and only then', async () => {
  const { gate, come, leave } = some();
  const before = gate.pace;
  await come('alone');
  await leave(500);
  await come('in');
  await leave(500);
  assert.equal(gate.pace, before, 'nobody waited: it says nothing');
  await come('in');
  for (let count = 0; count < 600; count++) {
    void come('next');
    await leave(10);
  }
  assert.ok(Math.abs(gate.pace - 10) < 0.1, `${gate.pace}`);
});

test('devices spread over as long as they take, with a bound', () => {
  assert.equal(spreadFor(1000, 3), 6900);
  assert.equal(spreadFor(0, 3), 0);
  assert.equal(spreadFor(1_000_000, 3), 60_000);
});
