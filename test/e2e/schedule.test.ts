/** The agent as a real program: backups by schedule, stopped and killed in the middle, and what it says of itself. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StatusResult } from '../../src/api/device/index.ts';
import { resultOf } from '../world/device.ts';
import { ALLOW_ALL, type World, type WorldDevice, world } from '../world.ts';
import { spawnHoldfast } from './cli-command.ts';

/** A real agent, until it is stopped. */
class AgentProcess {
  readonly child: ChildProcess;
  said = '';

  constructor(device: WorldDevice) {
    this.child = spawnHoldfast(['device', 'run', '--state', device.state, '--json']);
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (this.said += text));
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    this.child.kill(signal);
    const [code] = await once(this.child, 'close');
    return code;
  }
}

const status = async (device: WorldDevice): Promise<StatusResult> =>
  resultOf('status', await device.cli(['device', 'status', '--json']));

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function files(it: World, count: number): Promise<string> {
  const root = it.place('files');
  await mkdir(root, { recursive: true });
  for (let n = 0; n < count; n++) await writeFile(join(root, `f${n}`), `${n} `.repeat(20_000));
  return root;
}

const schedule = (more: object) => ({ ...ALLOW_ALL, schedule: more });

test('backups begin by themselves, go on after SIGTERM and SIGKILL, and status says how it stands', async (t) => {
  await using it = await world({
    users: { alice: { devices: ['laptop'] } },
    hostile: true,
    policies: [schedule({ every: '2s', alertAfter: '1d' })],
  });
  const device = it.device('alice', 'laptop');
  const root = await files(it, 40);
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: root });
  let agent = new AgentProcess(device);
  t.after(() => agent.end('SIGKILL'));

  const first = await until('a first backup', async () => (await status(device)).backups[0]?.success);
  assert.equal(first.complete, true);
  await writeFile(join(root, 'more'), 'x'.repeat(100_000));
  await until('a second one', async () => (await status(device)).backups[0]!.success!.time > first.time);

  // The storage takes nothing any more: a run is in the middle for as long as we like.
  let asked = 0;
  const stuck = it.areaProxy.rule(({ method }, pass) => {
    if (method === 'GET' || method === 'HEAD') return pass();
    asked++;
    return new Promise(() => {});
  });
  await writeFile(join(root, 'again'), 'y'.repeat(100_000));
  await until('a run that hangs', async () => asked > 0);
  const during = await status(device);
  assert.equal(during.schedule?.next.kind, 'running');
  assert.equal(await agent.end('SIGTERM'), 130, agent.said);
  const stopped = await status(device);
  assert.deepEqual(
    [stopped.backups[0]?.attempt?.problem?.kind, stopped.backups[0]?.failures, stopped.schedule?.next],
    ['interrupted', 0, { kind: 'none', reason: 'no-agent' }],
  );

  asked = 0;
  agent = new AgentProcess(device);
  await until('the next agent to go on with it', async () => asked > 0);
  assert.match(agent.said, /resume|regular/);
  await agent.end('SIGKILL');
  const killed = await status(device);
  assert.deepEqual([killed.backups[0]?.attempt?.ended, killed.backups[0]?.failures], [undefined, 1]);
  stuck[Symbol.dispose]();

  const before = killed.backups[0]!.success!.time;
  agent = new AgentProcess(device);
  const done = await until('a backup again', async () => {
    const now = await status(device);
    return now.backups[0]!.success!.time > before && now;
  });
  assert.deepEqual([done.backups[0]!.failures, done.silentSince], [0, undefined]);
  assert.equal(await agent.end('SIGINT'), 0, agent.said);

  const into = it.place('out');
  await device.call('restore', { into });
  for (const name of ['f0', 'f39', 'more', 'again'])
    assert.ok((await readFile(join(into, 'Files', name))).equals(await readFile(join(root, name))));
});

test('a failing destination: the error is told, silence raises an alert', async (t) => {
  await using it = await world({
    users: { bob: { devices: ['phone'] } },
    hostile: true,
    policies: [schedule({ every: '1s', alertAfter: '2s' })],
  });
  const device = it.device('bob', 'phone');
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: await files(it, 2) });
  const down = it.areaProxy.rule(async () => ({ status: 403, headers: {}, body: Buffer.from('no') }));
  const agent = new AgentProcess(device);
  t.after(() => agent.end('SIGKILL'));
  const failing = await until('two failures', async () => {
    const now = await status(device);
    const [area] = now.backups;
    // While the next attempt is under way, how it ends is not known yet.
    const ended = area?.attempt?.problem !== undefined;
    return (area?.failures ?? 0) >= 2 && ended && now.silentSince !== undefined && now;
  });
  assert.ok(failing.backups[0]?.attempt?.problem?.code.startsWith('ERR_'));
  const words = await until('the last error', async () => {
    const { stdout } = await device.cli(['device', 'status']);
    return /^last error {3}\d{4}-.* failures in a row$/m.test(stdout) && stdout;
  });
  assert.match(words, /^alert {8}silent since \d{4}-/m);
  assert.match(words, /^schedule {5}every 1\.0 s, alert after 2\.0 s/m);

  down[Symbol.dispose]();
  const well = await until('success', async () => {
    const now = await status(device);
    return now.backups[0]?.success && now.silentSince === undefined && now;
  });
  assert.deepEqual([well.backups[0]?.failures, well.backups[0]?.attempt?.problem], [0, undefined]);

  // Without a schedule nothing begins any more.
  await it.applyPolicies(ALLOW_ALL);
  const last = await until('the policy', async () => {
    const now = await status(device);
    return now.schedule?.next.kind === 'none' && now.schedule.every === undefined && now;
  });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.deepEqual((await status(device)).backups, last.backups);
});

test('after a backup the agent prunes and verifies as policy says, and status tells it', async (t) => {
  await using it = await world({ users: { carol: { devices: ['laptop'] } } });
  const device = it.device('carol', 'laptop');
  const root = await files(it, 3);
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: root });
  for (const text of ['one', 'two']) {
    await writeFile(join(root, 'f0'), text.repeat(20_000));
    await device.call('backup', {});
  }
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await it.applyPolicies({
    ...schedule({ every: '2s' }),
    ...{ retention: { keep: '1s' }, verify: { every: '1s', sample: '50%' } },
  });
  const agent = new AgentProcess(device);
  t.after(() => agent.end('SIGKILL'));
  const kept = await until('both', async () => {
    const [area] = (await status(device)).backups;
    return area?.prune?.done && area.verify?.done && area;
  });
  assert.deepEqual([kept.prune?.done?.removed, kept.verify?.done?.listed], [2, 3], agent.said);
  await agent.end('SIGTERM');
  const words = (await device.cli(['device', 'status'])).stdout;
  assert.match(words, /^last prune {3}\d{4}-.*, 2 sets removed, [\d.]+ \w+ deleted$/m);
  assert.match(words, /^last verify {2}\d{4}-.*, \d of 3 items opened$/m);
  assert.equal((await device.call('sets', {})).sets[0]?.counter, 3);
});
