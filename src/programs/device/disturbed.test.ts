/** Runs that are stopped, that meet another one, or that the server does not answer. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { adminClient } from '../../api/client/index.ts';
import { callDevice, type RunningEvent } from '../../api/device/index.ts';
import { start as startServer } from '../server/index.ts';
import { Home, Lock } from './home/index.ts';
import { openDevice } from './index.ts';
import { silent, world } from './world.test.ts';

const { scratch, addArea, enrolled, tree } = await world();

test('one run at a time; a run that is stopped says so, and the next one goes on', async () => {
  const device = await enrolled('stopped', 'bob');
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}`, `${n}`.repeat(2000)]));
  const path = await tree('stopped-files', files);
  await callDevice(device, 'sourceAdd', { database: 'Files', kind: 'folder', path });
  const stop = new AbortController();
  const onEvent = (event: RunningEvent) => void (event.kind === 'progress' && stop.abort());
  const stopped = callDevice(device, 'backup', {}, { signal: stop.signal, onEvent });
  await assert.rejects(stopped, { kind: 'interrupted' });
  const other = await Lock.take(new Home(join(scratch, 'stopped')), 'run', { task: 'another' });
  await assert.rejects(callDevice(device, 'backup', {}), { code: 'ERR_BUSY', kind: 'failed' });
  other.release();
  assert.equal((await callDevice(device, 'backup', {})).set?.counter, 1);
  const into = join(scratch, 'stopped-out');
  assert.equal((await callDevice(device, 'restore', { into, databases: ['Files'] })).complete, true);
  assert.equal((await readdir(join(into, 'Files'))).length, 300);
});

test('without the server it goes on under the last policy, until that expires', async () => {
  const down = await startServer({ state: join(scratch, 'server-2'), log: silent });
  const token = (await readFile(down.adminToken, 'utf8')).trim();
  const boss = adminClient({ url: down.url, token });
  const place = await addArea('b', down.url);
  await boss.addUser('eve');
  const all = { backup: 'allow', encrypt: 'device', custody: 'company' };
  const policy = {
    name: 'strict',
    scope: { global: true },
    databases: { '*': all },
    destinations: [{ area: place }],
  };
  await boss.applyPolicies([{ source: JSON.stringify({ ...policy, expires: '1h', whenStale: 'block' }) }]);

  let now = Date.now();
  const device = await openDevice({ state: join(scratch, 'alone'), clock: () => now });
  const { code } = await boss.makeCode({ user: 'eve' });
  await callDevice(device, 'enrol', { code });
  const path = await tree('alone-files', { a: '1' });
  await callDevice(device, 'sourceAdd', { database: 'Files', kind: 'folder', path });
  await down.close();

  const notices: string[] = [];
  const say = (event: RunningEvent) => void (event.kind === 'notice' && notices.push(event.code));
  const done = await callDevice(device, 'backup', {}, { onEvent: say });
  assert.deepEqual([done.complete, done.reported], [true, false]);
  assert.ok(notices.includes('SERVER_UNREACHABLE') && notices.includes('HEAD_UNSENT'), notices.join());
  assert.equal((await callDevice(device, 'status', {})).unsent, 1);
  // Its own sets it knows of itself, and of when they were finished (U2).
  now += 60_000;
  const later = await callDevice(device, 'backup', {});
  const fresh = { kind: 'known', counter: 2, knownAt: later.set!.time } as const;
  assert.deepEqual((await callDevice(device, 'sets', {})).freshness, fresh);
  assert.deepEqual((await callDevice(device, 'verify', {})).freshness, fresh);

  now += 2 * 3_600_000;
  await assert.rejects(callDevice(device, 'backup', {}), {
    code: 'ERR_POLICY_EXPIRED',
    kind: 'refused',
    message: /strict/,
  });
  now -= 2 * 3_600_000;
  await assert.rejects(callDevice(device, 'backup', {}), { code: 'ERR_POLICY_EXPIRED' });
});
