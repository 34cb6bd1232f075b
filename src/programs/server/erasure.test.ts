/** Keys that an administrator takes away from devices (B2, B7): which, from whom, and what goes on without them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodePlatform as platform } from '../../platform/node.ts';
import { newId } from '../../policy/message/index.ts';
import { enrolDevice, policyText, type SimulatedDevice, world } from './world.test.ts';

const kids = (device: SimulatedDevice): string[] =>
  device.values.decryptionKeys!.map(({ kid }) => kid).sort();
const erasures = (device: SimulatedDevice): string[] =>
  device.values.commands!.flatMap((one) => (one.kind === 'erase-keys' ? one.kids : []));

async function update(device: SimulatedDevice): Promise<void> {
  if (await device.fetch()) await device.acknowledge();
}

test('an erased key goes from every device of its user, stays away, and a new one encrypts', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const [first, second] = [await enrolDevice(w, { user: 'ada' }), await enrolDevice(w, { user: 'ada' })];
  for (const device of [first, second]) await update(device);
  const old = first.values.encryptionKeys!.find(({ use }) => use === 'user')!;

  const done = await w.admin.eraseKeys({ kids: [old.kid] });
  assert.deepEqual([done.keys, done.devices], [1, 2]);
  await first.fetch();
  assert.deepEqual(erasures(first), [old.kid]);
  assert.ok(!kids(first).includes(old.kid));
  const now = first.values.encryptionKeys!.find(({ use }) => use === 'user')!;
  assert.notEqual(now.kid, old.kid);
  await first.acknowledge();
  const shown = await w.admin.device(first.id);
  assert.deepEqual(
    shown.commands.map(({ kind, result }) => [kind, result]),
    [['erase-keys', 'done']],
  );

  // Once it is acknowledged the command is gone from messages; the key does not come back with them.
  await w.admin.push();
  await first.fetch();
  assert.deepEqual(erasures(first), []);
  assert.ok(!kids(first).includes(old.kid));
  const later = await enrolDevice(w, { user: 'ada' });
  await later.fetch();
  assert.ok(!kids(later).includes(old.kid), 'nor does a later device get it');

  const listed = (await w.admin.keys()).find(({ kid }) => kid === old.kid);
  assert.deepEqual([listed?.erased, listed?.current], [true, false], 'the server keeps its copy');
  const { entries } = await w.admin.audit();
  const entry = entries.find(({ action }) => action === 'key.erase')!;
  assert.deepEqual([entry.actor, entry.subject, entry.detail.use], ['admin', old.kid, 'user']);
  assert.deepEqual([...(entry.detail.devices as string[])].sort(), [first.id, second.id].sort());
  await assert.rejects(w.admin.eraseKeys({ kids: [old.kid] }), { code: 'ERR_CONFLICT' });
});

test('from one device alone: only a key that encrypts no more, and others keep it', async (t) => {
  const w = await world(t);
  for (const name of ['ada', 'eve']) await w.admin.addUser(name);
  await w.admin.applyPolicies([policyText()]);
  const [first, second] = [await enrolDevice(w, { user: 'ada' }), await enrolDevice(w, { user: 'ada' })];
  const stranger = await enrolDevice(w, { user: 'eve' });
  for (const device of [first, second, stranger]) await update(device);
  const old = first.values.encryptionKeys!.find(({ use }) => use === 'user')!;
  const wish = { kids: [old.kid], devices: [first.id] };
  await assert.rejects(w.admin.eraseKeys(wish), { code: 'ERR_CONFLICT', message: /rotate/ });
  await w.admin.rotateKeys({ use: 'user', user: 'ada' });
  await assert.rejects(w.admin.eraseKeys({ ...wish, devices: [stranger.id] }), { code: 'ERR_CONFLICT' });
  await assert.rejects(w.admin.eraseKeys({ kids: [newId(platform)] }), { code: 'ERR_NOT_FOUND' });
  assert.equal((await w.admin.eraseKeys(wish)).devices, 1);
  for (const device of [first, second]) await device.fetch();
  assert.deepEqual([erasures(first), erasures(second)], [[old.kid], []]);
  assert.deepEqual([kids(first).includes(old.kid), kids(second).includes(old.kid)], [false, true]);
  assert.equal((await w.admin.keys()).find(({ kid }) => kid === old.kid)?.erased, false);
});

test('a device that was set back and holds the key again is told again', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  await update(device);
  const [old] = device.values.encryptionKeys!;
  await w.admin.eraseKeys({ kids: [old!.kid] });
  await device.fetch();
  await device.acknowledge();
  await w.admin.push();
  await device.fetch();
  assert.deepEqual(erasures(device), []);
  await device.acknowledge({ keys: [...kids(device), old!.kid] } as never);
  await device.fetch();
  assert.deepEqual(erasures(device), [old!.kid]);
});
