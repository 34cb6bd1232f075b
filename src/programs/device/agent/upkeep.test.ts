/** An agent in this process, a real server and a real storage: what it does for an area after a backup. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AreaBackups, callDevice } from '../../../api/device/index.ts';
import type { Device } from '../index.ts';
import { start } from '../index.ts';
import { until, world } from '../world.test.ts';

const { scratch, storage, admin, area, addArea, applyPolicy, enrolled, tree } = await world();

const known = async (device: Device, destination = area): Promise<AreaBackups | undefined> =>
  (await callDevice(device, 'status', {})).backups.find((one) => one.destination === destination);

/** With sets of a folder at this place, each a little later than the one before. */
async function withSets(name: string, sets: number, to?: string): Promise<{ device: Device; path: string }> {
  const device = await enrolled(name, 'ann');
  const path = await tree(`${name}-files`, { lasting: 'x'.repeat(5000) });
  await callDevice(device, 'sourceAdd', { database: 'Files', kind: 'folder', path });
  for (let n = 0; n < sets; n++) {
    await writeFile(join(path, 'changing'), `${name} ${n} `.repeat(1000));
    await callDevice(device, 'backup', to === undefined ? {} : { to });
  }
  return { device, path };
}

/** An agent for it, whose log says when the awaited has happened. */
async function agentSays(t: TestContext, name: string, code: string): Promise<string> {
  const said: string[] = [];
  const agent = await start({
    state: join(scratch, name),
    log: (event) => void said.push(`${event.code} ${event.message}`),
  });
  t.after(() => agent.close());
  await until(async () => said.some((line) => line.startsWith(`${code} `)), 30);
  await agent.close();
  return said.find((line) => line.startsWith(`${code} `))!;
}

const sets = async (device: Device, from = area) => (await callDevice(device, 'sets', { from })).sets;

test('after a backup, sets go that policy does not want any more; status says so', async (t) => {
  t.after(() => applyPolicy({}));
  const { device } = await withSets('pruned', 3);
  assert.equal((await known(device))?.prune, undefined);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await applyPolicy({ schedule: { every: '2s' }, retention: { keep: '1s' } });
  await callDevice(device, 'refresh', {});
  assert.match(await agentSays(t, 'pruned', 'PRUNE_DONE'), /3 of 4 sets were removed from http/);
  const { done, failed } = (await known(device))!.prune!;
  assert.deepEqual([done?.removed, done?.appendOnly, failed], [3, undefined, undefined]);
  assert.ok(done!.bytes > 0);
  const left = await sets(device);
  assert.ok(left.length >= 1 && left[0]!.counter >= 4);
  assert.deepEqual((await callDevice(device, 'verify', {})).damaged, []);

  // Once a day: the next backup prunes nothing.
  const before = done!.time;
  await agentSays(t, 'pruned', 'BACKUP_DONE');
  assert.equal((await known(device))!.prune!.done!.time, before);
});

test('nothing goes without a policy that says so, nor while a mass change waits to be confirmed', async (t) => {
  t.after(() => applyPolicy({}));
  const { device, path } = await withSets('guarded', 2);
  await tree('guarded-files', Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`f${n}`, `${n}`])));
  await callDevice(device, 'backup', {});
  await applyPolicy({ schedule: { every: '2s' } });
  await callDevice(device, 'refresh', {});
  await agentSays(t, 'guarded', 'BACKUP_DONE');
  assert.equal((await known(device))?.prune, undefined);

  for (let n = 0; n < 40; n++) await rm(join(path, `f${n}`));
  const { set } = await callDevice(device, 'backup', {});
  const before = (await sets(device)).length;
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await applyPolicy({ schedule: { every: '2s' }, retention: { keep: '1s' } });
  await callDevice(device, 'refresh', {});
  assert.match(await agentSays(t, 'guarded', 'PRUNE_FAILED'), new RegExp(`${set!.set}.*sets confirm`));
  assert.ok((await sets(device)).length > before);
  const { done, failed } = (await known(device))!.prune!;
  assert.deepEqual([done, failed?.problem.code], [undefined, 'ERR_UNCONFIRMED']);

  // Confirmed, it is done by hand, and that is recorded too.
  await callDevice(device, 'setsConfirm', { set: set!.set });
  const { removed } = await callDevice(device, 'prune', {});
  const after = (await known(device))!.prune!;
  assert.deepEqual([after.done?.removed, after.failed], [removed.length, undefined]);
});

test('an area that keeps everything: nothing is deleted, and that is said', async (t) => {
  t.after(() => applyPolicy({}));
  const vault = await addArea('vault', undefined, { appendOnly: true });
  await applyPolicy({ destinations: [{ area: vault }] });
  const { device } = await withSets('kept', 2);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await applyPolicy({
    destinations: [{ area: vault }],
    ...{ schedule: { every: '2s' }, retention: { keep: '1s' } },
  });
  await callDevice(device, 'refresh', {});
  assert.match(await agentSays(t, 'kept', 'PRUNE_DONE'), /keeps everything/);
  assert.equal((await known(device, vault))?.prune?.done?.appendOnly, true);
  assert.ok((await sets(device, vault)).length >= 3);
});

test('what is stored is verified; damage is told, remembered and audited until all of it is whole again', async (t) => {
  t.after(() => applyPolicy({}));
  const { device } = await withSets('verified', 1);
  const id = (await callDevice(device, 'status', {})).device!;
  await applyPolicy({ schedule: { every: '2s' }, verify: { every: '1s', sample: '50%' } });
  await callDevice(device, 'refresh', {});
  assert.match(await agentSays(t, 'verified', 'VERIFY_DONE'), /of 2 items were opened/);
  const whole = (await known(device))!.verify!;
  assert.deepEqual([whole.done?.listed, whole.damage, whole.failed], [2, undefined, undefined]);

  const [segment, bytes] = await firstSegment(id);
  await writeFile(segment, Buffer.from(bytes).fill(7, bytes.length - 40));
  assert.match(await agentSays(t, 'verified', 'VERIFY_DAMAGE'), /is damaged in \d+ places, first .*segment/);
  const { damage } = (await known(device))!.verify!;
  assert.ok(damage!.count > 0 && damage!.damaged.length > 0);
  const told = async () => (await admin.audit()).entries.filter(({ action }) => action === 'verify.damage');
  await callDevice(device, 'refresh', {});
  const [entry] = await told();
  assert.deepEqual([entry?.actor, entry?.subject], [`device:${id}`, damage!.set]);

  // By hand it is the same record. A share that is whole makes nothing good, and it is told once.
  const count = (await callDevice(device, 'verify', {})).damagedCount;
  assert.ok(count >= damage!.count);
  assert.equal((await known(device))!.verify!.damage!.count, count);
  await writeFile(segment, bytes);
  await callDevice(device, 'verify', { structureOnly: true });
  await callDevice(device, 'verify', { sample: { percent: 50 } });
  assert.equal((await known(device))!.verify!.damage!.count, count);
  await callDevice(device, 'verify', {});
  assert.equal((await known(device))!.verify!.damage, undefined);
  await callDevice(device, 'refresh', {});
  assert.ok((await told()).length <= 2);
});

/** A stored data segment of a device, and what is in it. */
async function firstSegment(device: string): Promise<readonly [string, Uint8Array]> {
  const names = await readdir(join(storage, 'objects'), { recursive: true });
  const name = names.find((one) => one.includes(`/${device}/`) && /\/s\/.*\.object$/.test(one));
  const path = join(storage, 'objects', name!);
  return [path, await readFile(path)];
}
