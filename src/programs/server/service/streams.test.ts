import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Newest, Streams } from './streams.ts';

interface Change {
  readonly newest?: (device: string) => Promise<Newest>;
  readonly due?: () => Promise<{ id: string; since: number }[]>;
  readonly beatEvery?: number;
}

function some(t: TestContext, change: Change = {}) {
  let now = 1000;
  const streams = new Streams({
    newest: async () => ({ seq: 0, current: true }),
    due: async () => [],
    spread: (devices) => devices * 10,
    log: { info() {}, warn() {}, error() {} },
    clock: () => now,
    beatEvery: 60_000,
    ...change,
  });
  t.after(() => streams.close());
  const told: [string, number][] = [];
  const spreads = new Map<string, number>();
  const send = (device: string) => (seq: number, spread: number) => {
    told.push([device, seq]);
    spreads.set(device, spread);
  };
  const open = (device: string, after: number) =>
    streams.open(device, after, { send: send(device), beat() {}, end() {} });
  return { streams, told, spreads, open, at: (time: number) => (now = time) };
}

test('all that are woken are told within the same moment, each once, whatever their messages take', async (t) => {
  const devices = Array.from({ length: 10_000 }, (_, number) => `device ${number}`);
  const never = Promise.withResolvers<Newest>();
  t.after(() => never.resolve({ seq: 0, current: true }));
  const { streams, told, open } = some(t, { newest: () => never.promise });
  for (const device of devices) open(device, 0);
  streams.wake(devices);
  streams.wake(devices);
  const began = performance.now();
  while (told.length < devices.length) {
    assert.ok(performance.now() - began < 1000, `${told.length} were told`);
    await sleep(1);
  }
  await sleep(5);
  assert.deepEqual(told.map(([device]) => device).toSorted(), devices.toSorted());
});

test('what is announced is above what a message may have that was begun before, and not above a later one', async (t) => {
  const { streams, told, open, at } = some(t);
  open('phone', 900);
  const wake = async (): Promise<number> => {
    streams.wake(['phone']);
    await sleep(1);
    return told.at(-1)![1];
  };
  const before = streams.reserve('phone', 900);
  assert.equal(before, 1000);
  const first = await wake();
  assert.ok(first > before);
  at(990);
  const after = streams.reserve('phone', before);
  assert.ok(after >= first, 'though the clock was set back');
  assert.ok((await wake()) > after);
  assert.equal(streams.reserve('phone', 5000), 5001);
  assert.ok((await wake()) > 5001);
  assert.equal(streams.reserve('not connected', 7), 990);
  assert.equal(told.length, 3);
});

test('who connects is told of what it misses, and of nothing else', async (t) => {
  const newest: Record<string, Newest> = {
    same: { seq: 500, current: true },
    newer: { seq: 700, current: true },
    outdated: { seq: 500, current: false },
    'set back': { seq: 300, current: true },
  };
  const { told, open } = some(t, { newest: async (device) => newest[device]! });
  for (const device of Object.keys(newest)) open(device, 500);
  await sleep(5);
  assert.deepEqual(Object.fromEntries(told), { newer: 700, outdated: 1000, 'set back': 1000 });
});

test('a message that is due is announced once', async (t) => {
  const due = [{ id: 'phone', since: 950 }];
  const { told, open } = some(t, { beatEvery: 5, due: async () => due });
  open('phone', 0);
  await sleep(40);
  assert.deepEqual(told, [['phone', 1000]]);
});

test('many that are woken together spread, as long as all that are to come take; a few are in a hurry', async (t) => {
  const { streams, spreads, open } = some(t, { newest: async () => ({ seq: 2000, current: true }) });
  const devices = Array.from({ length: 100 }, (_, number) => `device ${number}`);
  for (const device of devices) open(device, 2000);
  await sleep(5);
  spreads.clear();
  streams.wake([...devices, 'not connected']);
  await sleep(5);
  assert.deepEqual([...new Set(spreads.values())], [1000]);
  assert.deepEqual([streams.coming, streams.isUrgent('device 7')], [100, false]);
  streams.reserve('device 0', 0);
  assert.equal(streams.coming, 99);

  streams.wake(['device 7', 'not connected']);
  await sleep(5);
  assert.equal(spreads.get('device 7'), 0);
  assert.deepEqual(
    ['device 7', 'device 8', 'not connected'].map((device) => streams.isUrgent(device)),
    [true, false, false],
  );
  streams.reserve('device 7', 0);
  assert.equal(streams.isUrgent('device 7'), false, 'it has come');
  assert.equal(streams.coming, 98);

  streams.wake(devices);
  streams.wake(['device 7']);
  await sleep(5);
  assert.equal(spreads.get('device 7'), 0, 'also when it was to be told with all of them');
  assert.equal(spreads.get('device 8'), 1980);
});
