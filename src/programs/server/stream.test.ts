import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamState } from '../../api/client/index.ts';
import { enrolDevice, policyText, type SimulatedDevice, type World, world } from './world.test.ts';

/** Follows the stream of a device in the background. */
function follow(t: TestContext, device: SimulatedDevice, after: number) {
  const stop = new AbortController();
  const seen: number[] = [];
  const states: StreamState['kind'][] = [];
  const options = { signal: stop.signal, firstPause: 10, longestPause: 50 };
  const done = (async () => {
    const stream = device.client.stream({ after, ...options, onState: ({ kind }) => states.push(kind) });
    for await (const { seq } of stream) seen.push(seq);
  })().catch((error: unknown) => error);
  t.after(() => stop.abort());
  return { seen, states, stop, done };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    assert.ok(tries < 2000, 'it did not happen within 20 s');
    await sleep(10);
  }
}

async function enrolled(w: World): Promise<SimulatedDevice> {
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  return enrolDevice(w, { user: 'ada' });
}

test('the stream tells of the message that is there, of a policy change, of a push, and not twice', async (t) => {
  const w = await world(t);
  const device = await enrolled(w);
  const { seen } = follow(t, device, 0);
  await until(() => seen.length === 1);
  await device.fetch();
  assert.ok(device.accepted!.seq >= seen[0]!, 'that one, or a later one');
  assert.equal((await w.admin.device(device.id)).connected, true);

  await w.admin.applyPolicies([policyText({ whenStale: 'allow' })]);
  await until(() => seen.length === 2);
  await w.admin.applyPolicies([policyText({ whenStale: 'allow' })]);
  assert.deepEqual(await w.admin.push({ devices: [device.id] }), { devices: 1 });
  await until(() => seen.length === 3);
  await sleep(250);
  assert.equal(seen.length, 3);
  assert.ok(seen[0]! < seen[1]! && seen[1]! < seen[2]!);
});

test('after the server was away, the stream comes back and catches up by Last-Event-ID', async (t) => {
  const w = await world(t);
  const device = await enrolled(w);
  const { seen, states } = follow(t, device, 0);
  await until(() => seen.length === 1);
  await w.restart();
  await w.admin.applyPolicies([policyText({ whenStale: 'allow' })]);
  await until(() => seen.length >= 2);
  assert.ok(seen.at(-1)! > seen[0]!);
  assert.ok(states.includes('waiting') && states.filter((state) => state === 'connected').length >= 2);
  await sleep(100);
  assert.equal(new Set(seen).size, seen.length, 'what was told before is not told again');
});

test('a new stream of a device ends its old one', async (t) => {
  const w = await world(t);
  const device = await enrolled(w);
  const open = async () => {
    const path = `/api/v1/devices/${device.id}/stream`;
    const login = await device.login({ method: 'GET', path, body: new Uint8Array() });
    return fetch(w.server.url + path, { headers: { authorization: `Holdfast ${login}` } });
  };
  const first = await open();
  const second = await open();
  const text = await first.text();
  assert.match(text, /^retry: 2000\n\n/, 'the first one ends, with what was sent before');
  const reader = second.body!.getReader();
  let heard = '';
  while (!/\ndata: \d+\n\n/.test(heard)) heard += new TextDecoder().decode((await reader.read()).value);
  assert.match(heard, /event: message\nid: (\d+)\ndata: \1\n\n/);
  await reader.cancel();
  await until(async () => !(await w.admin.device(device.id)).connected);
});

test('revoking wakes the device, and ends its stream for good once it knows', async (t) => {
  const w = await world(t);
  const device = await enrolled(w);
  const { seen, done } = follow(t, device, 0);
  await until(() => seen.length === 1);
  await device.fetch();
  await device.acknowledge();
  await w.admin.revokeDevice(device.id);
  await until(() => seen.length === 2);
  await device.fetch();
  assert.deepEqual(
    device.values.commands?.map(({ kind }) => kind),
    ['end'],
  );
  await device.acknowledge();
  await w.admin.push();
  await w.restart();
  const error = (await done) as { code?: string };
  assert.equal(error.code, 'ERR_NOT_AUTHORISED');
});

test('a message is sent again when its refresh is due', async (t) => {
  let now = Date.now();
  const w = await world(t, { clock: () => now });
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText({ refresh: '2m', expires: '4m' })]);
  const device = await enrolDevice(w, { user: 'ada' });
  const { seen } = follow(t, device, 0);
  await until(() => seen.length === 1);
  await device.fetch();
  const first = device.accepted!.seq;
  await sleep(250);
  assert.equal(seen.length, 1);
  now += 120_000;
  await until(() => seen.length === 2);
  await sleep(250);
  assert.equal(seen.length, 2, 'once');
  assert.equal(await device.fetch(), true);
  assert.ok(first < seen[1]! && seen[1]! <= device.accepted!.seq);
});
