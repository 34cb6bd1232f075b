/** Many devices at once on one server whose gate is small: everyone gets there, and nobody holds up the others. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminClient, adminClient } from '../../src/api/client/index.ts';
import type { Device } from '../../src/api/server/index.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import { composeLogin } from '../../src/policy/message/index.ts';
import { type AgentEvent, watchPolicy } from '../../src/programs/device/agent/watch.ts';
import { enrolDevice, exchange, openLink, openSession } from '../../src/programs/device/channel/index.ts';
import { Home } from '../../src/programs/device/home/index.ts';
import { type RunningServer, type ServerConfig, start } from '../../src/programs/server/index.ts';

interface Stage {
  readonly server: RunningServer;
  readonly admin: AdminClient;
  /** How many requests were answered so, by status. */
  readonly answered: Map<number, number>;
  readonly signal: AbortSignal;
  /** Enrols so many, all at once. */
  enrol(count: number): Promise<Home[]>;
}

async function stage(t: TestContext, limits: ServerConfig['limits']): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-herd-'));
  const answered = new Map<number, number>();
  const info = (fields: object): void => {
    const { status } = fields as { status?: number };
    if (status !== undefined) answered.set(status, (answered.get(status) ?? 0) + 1);
  };
  const log = { info, warn() {}, error() {} };
  const server = await start({ state: join(directory, 'server'), log, ...(limits && { limits }) });
  const ending = new AbortController();
  t.after(async () => {
    ending.abort();
    await server.close();
    await rm(directory, { recursive: true });
  });
  const token = (await readFile(server.adminToken, 'utf8')).trim();
  const admin = adminClient({ url: server.url, token });
  const { signal } = ending;
  return {
    ...{ server, admin, answered, signal },
    async enrol(count) {
      const homes: Home[] = [];
      const codes: string[] = [];
      for (let n = 0; n < count; n++) {
        homes.push(new Home(join(directory, `device ${n}`)));
        await admin.addUser(`user ${n}`);
        codes.push((await admin.makeCode({ user: `user ${n}` })).code);
      }
      const context = { clock, signal, emit: () => {}, agent: undefined };
      await Promise.all(homes.map((home, n) => enrolDevice({ ...context, home }, codes[n]!)));
      return homes;
    },
  };
}

/** Applies a policy in which something is different. */
const apply = (admin: AdminClient, hours: number): Promise<unknown> =>
  admin.applyPolicies([
    {
      file: 'everyone.yaml',
      source: `name: everyone
scope: { global: true }
databases: { "*": { backup: allow, encrypt: device, custody: company, into: allow } }
schedule: { every: ${hours}h }
`,
    },
  ]);

async function until(admin: AdminClient, condition: (device: Device) => boolean): Promise<readonly Device[]> {
  for (let tries = 0; ; tries++) {
    const devices = await admin.devices();
    if (devices.every(condition)) return devices;
    assert.ok(
      tries < 240,
      `it did not happen in two minutes: ${devices.filter((d) => !condition(d)).length}`,
    );
    await sleep(500);
  }
}

test('a herd that finds the gate full comes back: all enrol, fetch and acknowledge, and nobody is lost', async (t) => {
  const { admin, answered, signal, enrol } = await stage(t, { atOnce: 2, waiting: 16, enrolmentsAtOnce: 2 });
  await apply(admin, 24);
  const homes = await enrol(120);
  assert.ok(answered.get(503)! > 0, 'enrolments');
  assert.equal((await admin.devices()).length, 120);

  answered.clear();
  const told: AgentEvent[] = [];
  const log = (event: AgentEvent): void => void told.push(event);
  const watches = homes.map((home) => watchPolicy({ home, clock, signal, log, changed() {} }));
  const before = await until(admin, ({ connected, policyPending }) => connected && policyPending !== true);
  assert.ok(answered.get(503)! > 0, 'first messages');

  await apply(admin, 12);
  const sequences = new Map(before.map(({ id, acknowledged }) => [id, acknowledged]));
  await until(
    admin,
    ({ id, acknowledged, sent, policyPending }) =>
      acknowledged === sent && acknowledged > sequences.get(id)! && policyPending !== true,
  );
  // What went wrong on the way was that they were asked to come again.
  const codes = new Set(told.filter(({ level }) => level === 'warn').map(({ message }) => message));
  for (const message of codes) assert.match(message, /the server is busy and asks to come again in \d+ s/);
  assert.equal(watches.length, 120);
});

test('who sends slowly holds no place: the others are served meanwhile', async (t) => {
  const { server, signal, admin, enrol } = await stage(t, { atOnce: 2, waiting: 16 });
  await apply(admin, 24);
  const [slow, home] = await enrol(2);
  using sender = await openSession(slow!, clock);
  const { device, signingKey } = sender.keys;
  const path = `/api/v1/devices/${device}/reports`;
  const sockets = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const parts = { device, server: sender.enrolled().enrolment.server.id, method: 'POST', path };
      const login = await composeLogin(nodePlatform, signingKey, { ...parts, body: utf8('{}') }, clock());
      const socket = connect(server.port, '127.0.0.1');
      t.after(() => socket.destroy());
      const lines = [
        'host: x',
        `authorization: Holdfast ${login}`,
        'content-length: 2',
        'expect: 100-continue',
      ];
      socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      // The server has its head, and waits for the body, which never comes.
      const heard = await new Promise<string>((resolve) =>
        socket.once('data', (chunk) => resolve(`${chunk}`)),
      );
      assert.match(heard, /^HTTP\/1\.1 100 /);
      return socket;
    }),
  );
  using session = await openSession(home!, clock);
  const { changed } = await exchange(home!, session, openLink(session), signal);
  assert.equal(changed, true);
  assert.deepEqual(
    sockets.map(({ destroyed }) => destroyed),
    Array(8).fill(false),
  );
});
