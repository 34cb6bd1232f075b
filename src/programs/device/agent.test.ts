/** The agent in this process: its socket, policies that are pushed, the end of its device. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { callDevice } from '../../api/device/index.ts';
import { agentSocket, socketTransport, start } from './index.ts';
import { until, world } from './world.test.ts';

const { scratch, admin, applyPolicy, tree } = await world();

test('the agent: its socket, a pushed policy, the end of the device', async (t) => {
  const state = join(scratch, 'agent');
  const codes: string[] = [];
  const agent = await start({ state, log: ({ code }) => codes.push(code) });
  t.after(() => agent.close());
  await assert.rejects(start({ state }), { code: 'ERR_BUSY' });
  const transport = socketTransport(agentSocket(state));
  const { code } = await admin.makeCode({ user: 'ann' });
  const { device, policy } = await callDevice(transport, 'enrol', { code });
  assert.equal((await callDevice(transport, 'status', {})).agent, true);

  await applyPolicy({ expires: '3d' });
  await until(async () => (await callDevice(transport, 'status', {})).policy!.seq > policy.seq);
  await until(async () => (await admin.device(device)).acknowledged > policy.seq);

  const path = await tree('agent-files', { a: '1', b: '2' });
  await callDevice(transport, 'sourceAdd', { database: 'Files', kind: 'folder', path });
  const { set } = await callDevice(transport, 'backup', {});
  assert.equal(set?.counter, 1);
  assert.ok((await readdir(state)).includes('backups.json'));
  const into = join(scratch, 'agent-out');
  assert.equal((await callDevice(transport, 'restore', { into })).complete, true);
  assert.equal(await readFile(join(into, 'Files', 'b'), 'utf8'), '2');

  await admin.revokeDevice(device);
  await until(async () => (await callDevice(transport, 'status', {})).enrolment === 'ended');
  await assert.rejects(callDevice(transport, 'restore', { into: join(scratch, 'ended-out') }), {
    code: 'ERR_DEVICE_ENDED',
    kind: 'no-key',
  });
  await until(async () => !(await readdir(state)).includes('identity'));
  assert.ok(!(await readdir(state)).includes('backups.json'));
  assert.deepEqual(await callDevice(transport, 'stop', {}), { stopping: true });
  await agent.closed;
  assert.ok(codes.includes('POLICY') && codes.includes('DEVICE_ENDED'), codes.join());
});
