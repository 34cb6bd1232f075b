/** An area that loses or hides what is newer, or everything: what is said of it, and what can still be had (U2). */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { callDevice, type RunningEvent } from '../../api/device/index.ts';
import type { Device } from './index.ts';
import { world } from './world.test.ts';

const { scratch, storage, admin, enrolled, tree } = await world();

/** Sets of a folder, each with another text in it. */
async function withSets(name: string, texts: readonly string[]): Promise<{ device: Device; sets: string[] }> {
  const device = await enrolled(name, 'ann');
  const path = await tree(`${name}-files`, { letter: '' });
  await callDevice(device, 'sourceAdd', { database: 'Files', kind: 'folder', path });
  const sets: string[] = [];
  for (const text of texts) {
    await writeFile(join(path, 'letter'), text);
    sets.push((await callDevice(device, 'backup', {})).set!.set);
  }
  return { device, sets };
}

/** What the storage keeps of a device, and whose name contains this, is gone. */
async function lose(device: Device, part: string): Promise<void> {
  const { device: id } = await callDevice(device, 'status', {});
  const names = await readdir(join(storage, 'objects'), { recursive: true });
  const lost = names.filter((name) => name.includes(`/${id}/`) && name.includes(part));
  assert.ok(lost.length > 0);
  for (const name of lost) await rm(join(storage, 'objects', name), { recursive: true, force: true });
}

const told = async () => (await admin.audit()).entries.filter(({ action }) => action === 'restore.older');

test('an older set is taken when that is said; the server is told, and so is the user', async () => {
  const { device, sets } = await withSets('older', ['first', 'second']);
  const [first, second] = sets as [string, string];
  await lose(device, second);
  const into = join(scratch, 'older-out');
  const refused = { code: 'ERR_ROLLED_BACK', kind: 'integrity' };
  for (const params of [{ into }, { into, set: first }, { into, set: second }, { into, acceptOlder: second }])
    await assert.rejects(callDevice(device, 'restore', params), refused);
  await assert.rejects(callDevice(device, 'sets', {}), refused);
  await assert.rejects(callDevice(device, 'restore', { into, acceptOlder: first, set: first }), {
    kind: 'usage',
  });
  assert.deepEqual(await told(), []);

  const events: RunningEvent[] = [];
  const onEvent = (event: RunningEvent) => void events.push(event);
  const dry = await callDevice(device, 'restore', { into, acceptOlder: first, dryRun: true });
  assert.deepEqual([dry.older?.counter, await told()], [2, []]);
  const done = await callDevice(device, 'restore', { into, acceptOlder: first }, { onEvent });
  assert.deepEqual(
    [done.set.set, done.older?.counter, done.freshness, done.complete],
    [first, 2, { kind: 'unknown' }, true],
  );
  assert.equal(await readFile(join(into, 'Files', 'letter'), 'utf8'), 'first');
  assert.ok(events.some((event) => event.kind === 'notice' && event.code === 'OLDER_ACCEPTED'));
  const [entry, ...more] = await told();
  const { device: id, unsent } = await callDevice(device, 'status', {});
  assert.deepEqual([entry?.actor, entry?.subject, more, unsent], [`device:${id}`, first, [], 0]);
  assert.deepEqual([entry?.detail.counter, entry?.detail.count], [1, 2]);
});

test('what a user knows of the newest set is held against what is there', async () => {
  const { device } = await withSets('expected', ['first', 'second']);
  const { counter } = (await callDevice(device, 'verify', { expect: 2 })).set;
  assert.equal(counter, 2);
  const into = join(scratch, 'expected-out');
  const refused = { code: 'ERR_ROLLED_BACK', message: /manifest 3 is expected/ };
  await assert.rejects(callDevice(device, 'restore', { into, expect: 3 }), refused);
  for (const operation of ['verify', 'ls'] as const)
    await assert.rejects(callDevice(device, operation, { expect: 3 }), refused);
});

test('an area that shows nothing does not pass for an empty one', async () => {
  const { device } = await withSets('hidden', ['first', 'second']);
  const { device: id } = await callDevice(device, 'status', {});
  await lose(device, '/');
  const { sets, missing } = await callDevice(device, 'sets', { device: id! });
  assert.deepEqual([sets, missing.map(({ device: of, counter }) => [of, counter])], [[], [[id, 2]]]);
  const restored = callDevice(device, 'restore', { into: join(scratch, 'hidden-out') });
  await assert.rejects(restored, { code: 'ERR_ROLLED_BACK', kind: 'integrity' });
});
