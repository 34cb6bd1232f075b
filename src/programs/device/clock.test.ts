/** A device whose clock is wrong, or was (design: policy message). */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { adminClient } from '../../api/client/index.ts';
import { callDevice, type RunningEvent } from '../../api/device/index.ts';
import { type RunningServer, start as startServer } from '../server/index.ts';
import { addArea, type RunningStorage, start as startStorage } from '../storage/index.ts';
import { type Device, openDevice, start } from './index.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
let scratch: string;
let server: RunningServer;
let storage: RunningStorage;
let admin: ReturnType<typeof adminClient>;
let source: string;
/** How far the devices' clocks are ahead, ms. */
let ahead = 0;
const clock = (): number => Date.now() + ahead;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-clock-'));
  const log = { info() {}, warn() {}, error() {} };
  server = await startServer({ state: join(scratch, 'server'), log });
  storage = await startStorage({ state: join(scratch, 'storage'), listen: '127.0.0.1:0', log: 'silent' });
  const token = (await readFile(server.adminToken, 'utf8')).trim();
  admin = adminClient({ url: server.url, token });
  const { identityKey } = (await (await fetch(`${server.url}/api/v1/identity`)).json()) as {
    identityKey: object;
  };
  const area = (await addArea(join(scratch, 'storage'), { name: 'a', issuers: [identityKey] })).uri;
  await admin.addUser('ann');
  const policy = {
    name: 'everyone',
    scope: { global: true },
    databases: { '*': { backup: 'allow', encrypt: 'user', custody: 'company' } },
    destinations: [{ area }],
    whenStale: 'block',
    expires: '7d',
  };
  await admin.applyPolicies([{ source: JSON.stringify(policy) }]);
  source = join(scratch, 'source');
  await mkdir(source);
  await writeFile(join(source, 'a'), '1');
});
after(async () => {
  await storage?.close();
  await server?.close();
  await rm(scratch, { recursive: true, force: true });
});

async function enrolled(name: string): Promise<Device> {
  ahead = 0;
  const device = await openDevice({ state: join(scratch, name), clock });
  await callDevice(device, 'enrol', { code: (await admin.makeCode({ user: 'ann' })).code });
  await callDevice(device, 'sourceAdd', { database: 'Files', kind: 'folder', path: source });
  return device;
}

const expired = async (device: Device): Promise<boolean | undefined> =>
  (await callDevice(device, 'status', {})).policy?.expired;

function listening(): { codes: string[]; onEvent: (event: RunningEvent) => void } {
  const codes: string[] = [];
  return { codes, onEvent: (event) => void (event.kind === 'notice' && codes.push(event.code)) };
}

test('while it is wrong the device is told by how much; the data stays closed when the policy has expired', async () => {
  const device = await enrolled('wrong');
  ahead = YEAR + 3 * HOUR;
  const said = /365 d 3 h ahead of the server's/;
  await assert.rejects(callDevice(device, 'refresh', {}), { code: 'ERR_LOGIN_CLOCK', message: said });
  await assert.rejects(callDevice(device, 'backup', {}), { code: 'ERR_POLICY_EXPIRED', message: said });
  ahead = -2 * HOUR;
  await assert.rejects(callDevice(device, 'refresh', {}), {
    code: 'ERR_LOGIN_CLOCK',
    kind: 'failed',
    message: /2 h behind the server's/,
  });
});

test('once it is right again, the next question to the server corrects what it left', async () => {
  for (const operation of ['refresh', 'backup'] as const) {
    const device = await enrolled(`right-${operation}`);
    ahead = YEAR;
    assert.equal(await expired(device), true);
    ahead = 0;
    assert.equal(await expired(device), true);
    const { codes, onEvent } = listening();
    await callDevice(device, operation, {}, { onEvent });
    assert.deepEqual(codes, ['CLOCK_CORRECTED']);
    assert.equal(await expired(device), false);
    const { set } = await callDevice(device, 'backup', {});
    assert.ok(Math.abs((set?.time ?? 0) - Date.now()) < HOUR, 'sets bear the right time again');
  }
});

test('also by the agent, and for a device that enrolled while it was wrong', async () => {
  const state = join(scratch, 'right-agent');
  const device = await enrolled('right-agent');
  ahead = YEAR;
  await callDevice(device, 'status', {});
  ahead = 0;
  const codes: string[] = [];
  const agent = await start({ state, clock, log: ({ code }) => codes.push(code) });
  const end = performance.now() + 5000;
  while (codes.length === 0 && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await agent.close();
  assert.deepEqual(codes.slice(0, 1), ['CLOCK_CORRECTED']);

  const fresh = await openDevice({ state: join(scratch, 'fresh'), clock });
  ahead = YEAR;
  const { code } = await admin.makeCode({ user: 'ann' });
  const said = { code: 'ERR_FIRST_MESSAGE', message: /365 d ahead of the server's/ };
  await assert.rejects(callDevice(fresh, 'enrol', { code }), said);
  ahead = 0;
  assert.equal((await callDevice(fresh, 'refresh', {})).policy.expired, false);
});

test('a policy that has really expired stays expired, whatever the clock says afterwards', async () => {
  const device = await enrolled('really');
  await server.close();
  ahead = 8 * 24 * HOUR;
  await assert.rejects(callDevice(device, 'backup', {}), { code: 'ERR_POLICY_EXPIRED' });
  ahead = 0;
  await assert.rejects(callDevice(device, 'backup', {}), { code: 'ERR_POLICY_EXPIRED' });
});
