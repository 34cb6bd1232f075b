/** The acknowledgement of an end, over a network that loses it (B2, B14). */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request as forward, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { adminClient } from '../../api/client/index.ts';
import { callDevice } from '../../api/device/index.ts';
import { buildProblem, PROBLEM_TYPE } from '../../api/problem/index.ts';
import { type RunningServer, start as startServer } from '../server/index.ts';
import { Home } from './home/index.ts';
import { type Device, openDevice, start } from './index.ts';

let scratch: string;
let server: RunningServer;
let admin: ReturnType<typeof adminClient>;
/** What becomes of reports on their way; undefined: they arrive. */
let lose: ((answer: ServerResponse) => void) | undefined;
let devices = 0;

const proxy = createServer((asked, answer) => {
  if (lose && asked.method === 'POST' && asked.url?.endsWith('/reports')) {
    asked.resume();
    return lose(answer);
  }
  const { method, url, headers } = asked;
  const passed = forward({ host: '127.0.0.1', port: server.port, method, path: url, headers }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  answer.on('close', () => passed.destroy());
  asked.pipe(passed);
});

const broken = (answer: ServerResponse): void => void answer.destroy();
const problem = (status: number, code: string, kind?: 'integrity') => (answer: ServerResponse) =>
  void answer
    .writeHead(status, { 'content-type': PROBLEM_TYPE })
    .end(JSON.stringify(buildProblem({ status, code, ...(kind && { kind }) })));

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-ending-'));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const log = { info() {}, warn() {}, error() {} };
  server = await startServer({ state: join(scratch, 'server'), log, url });
  const token = (await readFile(server.adminToken, 'utf8')).trim();
  admin = adminClient({ url: `http://127.0.0.1:${server.port}`, token });
  await admin.addUser('ann');
});
after(async () => {
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  await server?.close();
  await rm(scratch, { recursive: true, force: true });
});
beforeEach(() => {
  lose = undefined;
});

interface Ended {
  readonly device: Device;
  readonly id: string;
  readonly home: Home;
}

/** A device that accepted its end while reports were lost. */
async function endedUnheard(): Promise<Ended> {
  lose = undefined;
  const home = new Home(join(scratch, `device-${devices++}`));
  const device = await openDevice({ state: home.path });
  const enrolled = await callDevice(device, 'enrol', { code: (await admin.makeCode({ user: 'ann' })).code });
  await writeFile(home.catalogue, 'names and titles');
  await admin.revokeDevice(enrolled.device);
  lose = broken;
  await assert.rejects(callDevice(device, 'refresh', {}), { code: 'ERR_DEVICE_ENDED', kind: 'no-key' });
  assert.ok(!existsSync(home.catalogue), 'what was made with the keys is gone at once');
  await unheard(device);
  return { device, id: enrolled.device, home };
}

async function unheard(device: Device): Promise<void> {
  const { enrolment, unsent } = await callDevice(device, 'status', {});
  assert.deepEqual([enrolment, unsent], ['ended', 1]);
}

const acknowledged = async (id: string): Promise<boolean> =>
  (await admin.device(id)).commands.every((command) => command.acknowledged !== undefined);

test('an acknowledgement that was lost is sent by the next command that asks the server', async () => {
  for (const operation of ['refresh', 'backup'] as const) {
    const { device, id, home } = await endedUnheard();
    await assert.rejects(callDevice(device, operation, {}), { code: 'ERR_DEVICE_ENDED' });
    await unheard(device);
    assert.equal(await acknowledged(id), false);
    lose = undefined;
    await assert.rejects(callDevice(device, operation, {}), { code: 'ERR_DEVICE_ENDED' });
    assert.equal(await acknowledged(id), true);
    assert.ok(!existsSync(home.identity));
    const { enrolment, unsent } = await callDevice(device, 'status', {});
    assert.deepEqual([enrolment, unsent], ['ended', 0]);
  }
});

test('by the agent, and by another enrolment', async () => {
  const first = await endedUnheard();
  lose = undefined;
  const agent = await start({ state: first.home.path });
  const end = performance.now() + 5000;
  while (!(await acknowledged(first.id)) && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await agent.close();
  assert.equal(await acknowledged(first.id), true);

  const second = await endedUnheard();
  lose = undefined;
  const { code } = await admin.makeCode({ user: 'ann' });
  const { device } = await callDevice(second.device, 'enrol', { code });
  assert.notEqual(device, second.id);
  assert.equal(await acknowledged(second.id), true);
  assert.equal((await callDevice(second.device, 'status', {})).unsent, 0);
});

test('it is given up when the server refuses the device or the report, and not when it asks for patience', async () => {
  const { device, home } = await endedUnheard();
  for (const later of [
    problem(429, 'ERR_TOO_MANY_ATTEMPTS'),
    problem(503, 'ERR_INTERNAL'),
    problem(500, 'ERR_INTERNAL'),
  ]) {
    lose = later;
    await assert.rejects(callDevice(device, 'refresh', {}), { code: 'ERR_DEVICE_ENDED' });
    await unheard(device);
  }
  lose = problem(403, 'ERR_NOT_AUTHORISED');
  await assert.rejects(callDevice(device, 'refresh', {}), { code: 'ERR_DEVICE_ENDED' });
  assert.equal((await callDevice(device, 'status', {})).unsent, 0);
  assert.ok(!existsSync(home.identity));

  const other = await endedUnheard();
  lose = problem(422, 'ERR_REPORT_REFUSED', 'integrity');
  await assert.rejects(callDevice(other.device, 'refresh', {}), { code: 'ERR_DEVICE_ENDED' });
  assert.equal((await callDevice(other.device, 'status', {})).unsent, 0);
  assert.ok(!existsSync(other.home.identity));
});

test('of a device that goes on: dropped when the server was set back, kept when it is only refused for now', async () => {
  const home = new Home(join(scratch, `device-${devices++}`));
  const device = await openDevice({ state: home.path });
  lose = broken;
  await callDevice(device, 'enrol', { code: (await admin.makeCode({ user: 'ann' })).code });
  assert.equal((await callDevice(device, 'status', {})).unsent, 1);
  lose = problem(401, 'ERR_LOGIN');
  assert.equal((await callDevice(device, 'refresh', {})).unsent, 1);
  let asked = 0;
  lose = (answer) => {
    asked++;
    problem(422, 'ERR_REPORT_REFUSED', 'integrity')(answer);
  };
  assert.equal((await callDevice(device, 'refresh', {})).unsent, 0);
  assert.equal((await callDevice(device, 'refresh', {})).unsent, 0);
  assert.equal(asked, 1, 'it is not sent again');
});
