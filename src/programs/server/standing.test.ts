/** How devices stand, as administrators are told: current, silent since, policy pending (U8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodePlatform as platform } from '../../platform/node.ts';
import { newId } from '../../policy/message/index.ts';
import { area, enrolDevice, policyText, world } from './world.test.ts';

const DAY = 86_400_000;

test('silent since the last backup, or since the enrolment, when that is longer ago than policy allows', async (t) => {
  let ahead = 0;
  const w = await world(t, { clock: () => Date.now() + ahead });
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText({ schedule: { alertAfter: '5d' } })]);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  await device.acknowledge();
  const standing = async () => {
    const { lastBackup, silentSince, alertAfter, policyPending } = await w.admin.device(device.id);
    return { lastBackup, silentSince, alertAfter, policyPending };
  };
  const current = {
    lastBackup: undefined,
    silentSince: undefined,
    alertAfter: 5 * DAY,
    policyPending: false,
  };
  assert.deepEqual(await standing(), current);

  const [chain, hash] = [newId(platform), 'A'.repeat(43)];
  const head = { ...({ kind: 'head', hash, counter: 1 } as const), area: area('one').slice(-22) };
  const time = Date.now() - 6 * DAY;
  await device.report({ ...head, chain, time });
  assert.deepEqual(await standing(), { ...current, lastBackup: time, silentSince: time });
  // Another chain, at another area: the newest counts.
  await device.report({ ...head, chain: newId(platform), time: time + 2 * DAY });
  assert.deepEqual(await standing(), { ...current, lastBackup: time + 2 * DAY });
  const listed = (await w.admin.devices())[0];
  assert.equal(listed?.lastBackup, time + 2 * DAY);

  // A backup file does not.
  await device.report({ kind: 'head', chain: newId(platform), counter: 1, hash, time: Date.now() });
  assert.equal((await standing()).lastBackup, time + 2 * DAY);

  // The clock of the device runs ahead: its set is not from tomorrow.
  const before = Date.now();
  await device.report({ ...head, chain, counter: 2, time: Date.now() + 400 * DAY });
  const { lastBackup } = await standing();
  assert.ok(lastBackup! >= before && lastBackup! <= Date.now());
  ahead = 5 * DAY + 60_000;
  assert.equal((await standing()).silentSince, lastBackup);

  await w.admin.revokeDevice(device.id);
  assert.deepEqual(await standing(), {
    ...current,
    lastBackup,
    alertAfter: undefined,
  });
});

test('a device that never backed up is silent since its enrolment; nobody is told where no policy says so', async (t) => {
  let ahead = 0;
  const w = await world(t, { clock: () => Date.now() + ahead });
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  ahead = 400 * DAY;
  assert.equal((await w.admin.device(device.id)).silentSince, undefined);
  await w.admin.applyPolicies([policyText({ schedule: { alertAfter: '30d' } })]);
  const { silentSince, enrolled } = await w.admin.device(device.id);
  assert.equal(silentSince, enrolled);
});

test('policy pending until the device has accepted what is in force, also while it is away', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  const pending = async () => (await w.admin.device(device.id)).policyPending;
  assert.equal(await pending(), true);
  await device.fetch();
  assert.equal(await pending(), true);
  await device.acknowledge();
  assert.equal(await pending(), false);
  // It does not ask, so no message has been made yet.
  await w.admin.applyPolicies([policyText({ schedule: { every: '4h' } })]);
  const away = await w.admin.device(device.id);
  assert.deepEqual([away.policyPending, away.acknowledged === away.sent], [true, true]);
  await w.admin.applyPolicies([policyText()]);
  assert.equal(await pending(), false);
  await w.admin.push();
  assert.equal(await device.fetch(), true);
  assert.equal(await pending(), true);
  await device.acknowledge();
  assert.equal(await pending(), false);
});
