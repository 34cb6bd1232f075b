import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Streams } from './streams.ts';

test('many that are woken are looked at some at a time, each once, and others have their turn', async (t) => {
  const devices = Array.from({ length: 100 }, (_, number) => `device ${number}`);
  const told: string[] = [];
  let [now, most, turns] = [0, 0, 0];
  const streams = new Streams({
    async sequence(_device, after) {
      most = Math.max(most, ++now);
      await sleep(2);
      now--;
      return after + 1;
    },
    due: async () => [],
    log: { info() {}, warn() {}, error() {} },
    beatEvery: 60_000,
  });
  t.after(() => streams.close());
  for (const device of devices) {
    streams.open(device, 0, { send: () => told.push(device), beat() {}, end() {} });
  }
  const timer = setInterval(() => turns++, 1);
  t.after(() => clearInterval(timer));
  for (let tries = 0; told.length < devices.length; tries++) {
    assert.ok(tries < 400, `${told.length} were told`);
    await sleep(5);
  }
  assert.deepEqual(told.toSorted(), devices.toSorted());
  assert.ok(most > 1 && most <= 16, `${most} at a time`);
  assert.ok(turns > 0);
});
