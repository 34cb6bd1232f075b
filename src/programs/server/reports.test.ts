import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodePlatform as platform } from '../../platform/node.ts';
import { newId } from '../../policy/message/index.ts';
import { enrolDevice, policyText, world } from './world.test.ts';

const refused = (code: string) => ({ code });

test('forged and altered reports are refused and change nothing', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  const other = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  await assert.rejects(device.client.report('a.b.c.d.e'), refused('ERR_REPORT_REFUSED'));
  const chain = newId(platform);
  const foreign = await other.compose({ kind: 'head', chain, counter: 1, hash: 'A'.repeat(43), time: 1 });
  await assert.rejects(device.client.report(foreign), refused('ERR_REPORT_REFUSED'), 'by another device');
  await assert.rejects(
    device.acknowledge({ message: 'A'.repeat(43) } as never),
    refused('ERR_REPORT_REFUSED'),
    'another message under our sequence',
  );
  await assert.rejects(
    device.acknowledge({ seq: device.accepted!.seq + 1 } as never),
    refused('ERR_REPORT_REFUSED'),
  );
  await other.fetch();
  assert.equal((await w.admin.device(device.id)).acknowledged, 0);
  await device.acknowledge();
  assert.equal((await w.admin.device(device.id)).acknowledged, device.accepted!.seq);
});

test('after a failure the device gets everything again', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  await device.acknowledge();
  await device.report({
    kind: 'failure',
    code: 'ERR_POLICY_SECTION',
    seq: device.accepted!.seq,
    sections: {},
  });
  assert.equal((await w.admin.device(device.id)).failure?.code, 'ERR_POLICY_SECTION');
  delete device.values.rules;
  assert.equal(await device.fetch(), true);
  assert.ok(device.values.rules, 'the section is sent with its value');
  await device.acknowledge();
  assert.equal((await w.admin.device(device.id)).failure, undefined);
});

test('an event of a device is in the audit log, once', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  const [id, chain, set] = [newId(platform), newId(platform), newId(platform)];
  const event = {
    kind: 'event',
    id,
    event: 'restore.older',
    time: 5,
    chain,
    set,
    counter: 3,
    count: 7,
  } as const;
  const sealed = await device.compose(event);
  await device.client.report(sealed);
  await device.client.report(sealed);
  const { entries } = await w.admin.audit();
  assert.deepEqual(
    entries
      .filter(({ action }) => action === 'restore.older')
      .map(({ actor, subject, detail }) => [actor, subject, detail]),
    [[`device:${device.id}`, set, { id, device: device.id, chain, counter: 3, count: 7, time: 5 }]],
  );
});
