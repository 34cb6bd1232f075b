/** A network and a storage that fail in every way but lie about nothing that is sealed: nothing is lost, nothing half (U2, U3). */
import assert from 'node:assert/strict';
import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { ProblemError } from '../../src/api/problem/index.ts';
import { seeded } from '../world/data.ts';
import { assertSameTree } from '../world/trees.ts';
import { ALLOW_ALL, type World, type WorldDevice, world } from '../world.ts';
import { type Answer, type Asked, json, type Rule } from './proxy.ts';
import { Relay } from './relay.ts';
import { kindOf } from './storage.ts';

const random = seeded(4040);
let it: World;
let relay: Relay;
/** The area as it is reached through the relay. */
let relayed: string;
let phone: WorldDevice;
let reader: WorldDevice;
let home: string;
let count = 0;

before(async () => {
  it = await world({ hostile: true, users: { alice: { devices: ['reader'] } } });
  relay = await new Relay(it.storage.url).come();
  relayed = it.area.replace(it.areaProxy.url, `http://127.0.0.1:${relay.port}`);
  await it.applyPolicies({ ...ALLOW_ALL, destinations: [{ area: it.area }, { area: relayed }] });
  reader = it.device('alice', 'reader');
});
after(async () => {
  await relay?.[Symbol.asyncDispose]();
  await it?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  phone = await it.enrol('alice', `phone ${count++}`);
  home = it.place('home');
  await mkdir(home);
  for (let i = 0; i < 30; i++) await writeFile(join(home, `${i}`), random(20_000 + i));
  await phone.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
});

/** The next run is complete; another device gets everything, and finds nothing wrong. */
async function nothingIsLost(): Promise<void> {
  const { complete } = await phone.call('backup', {});
  assert.equal(complete, true);
  const into = it.place('into');
  await reader.call('restore', { device: phone.id, into });
  await assertSameTree(home, join(into, 'Files'));
  const { damaged } = await reader.call('verify', { device: phone.id });
  assert.deepEqual(damaged, []);
  await rm(into, { recursive: true });
}

async function fails(
  does: Promise<unknown>,
  says: RegExp,
  code = 'ERR_DESTINATION_UNAVAILABLE',
): Promise<void> {
  const error = await does.then(
    () => assert.fail('it went well'),
    (caught: unknown) => caught,
  );
  if (!(error instanceof ProblemError)) throw error;
  assert.deepEqual([error.kind, error.code], ['failed', code], error.message);
  assert.match(error.message, says);
}

test('connections cut inside a request body and inside an answer: the same run goes on', async () => {
  await writeFile(join(home, 'large'), random(8_500_000));
  for (const after of [100, 3_000_000]) {
    relay.cut({ way: 'up', after });
    await phone.call('backup', { to: relayed });
    await writeFile(join(home, `more ${after}`), random(400_000));
    for (let i = 0; i < 30; i += 2) await writeFile(join(home, `${i}`), random(300_000));
  }
  relay.cut({ way: 'down', after: 150 });
  await phone.call('backup', { to: relayed });
  assert.equal(relay.cuts, 3);
  for (const after of [0, 70_000, 2_500_000]) {
    relay.cut({ way: 'down', after });
    const into = it.place('into');
    await reader.call('restore', { device: phone.id, from: relayed, into });
    await assertSameTree(home, join(into, 'Files'));
  }
  assert.equal(relay.cuts, 6);
  await nothingIsLost();
});

test('every connection is cut: 1; the next run goes on', async () => {
  await writeFile(join(home, 'large'), random(2_000_000));
  relay.cut({ way: 'up', after: 600_000, times: 1000 });
  const broken = await phone.cli(['backup', '--to', relayed, '--wait', '1s']);
  assert.equal(broken.code, 1, broken.stderr);
  assert.match(broken.stderr, /^holdfast: .*did not answer in \d+ tries/m);
  relay.cut({ way: 'up', after: 0, times: 0 });
  await nothingIsLost();
  relay.cut({ way: 'down', after: 40_000, times: 1000 });
  const into = it.place('into');
  const args = ['restore', '--device', phone.id, '--from', relayed, '--into', into, '--wait', '1s'];
  const cut = await reader.cli(args);
  assert.equal(cut.code, 1, cut.stderr);
  assert.equal(await lstat(into).catch(() => undefined), undefined, 'something was written');
  relay.cut({ way: 'down', after: 0, times: 0 });
});

const problem = (status: number, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/plain', ...headers },
  body: Buffer.from('no'),
});

/** Answers some of the uploads. */
const uploads =
  (answer: (number: number, pass: () => Promise<Answer>) => Promise<Answer> | Answer): Rule =>
  async (asked, pass) => {
    if (asked.method !== 'PUT') return pass();
    return answer(seen++, pass);
  };
let seen = 0;

test('500, 502, 503 with and without Retry-After, now and then: the same run goes on', async () => {
  const answers = [problem(500), problem(502), problem(503), problem(503, { 'retry-after': '1' })];
  seen = 0;
  {
    using _ = it.areaProxy.rule(uploads((n, pass) => (n % 2 === 0 ? (answers.shift() ?? pass()) : pass())));
    await phone.call('backup', {});
  }
  assert.equal(answers.length, 0);
  await nothingIsLost();
});

test('answers that do not pass: 1 with what was said, at once where no other try helps; nothing is lost', async () => {
  for (const [status, says, code] of [
    [507, /no room .*status 507/, 'ERR_DESTINATION_FULL'],
    [413, /no room .*status 413/, 'ERR_DESTINATION_FULL'],
    [301, /the area failed .*status 301/, undefined],
    [500, /the area failed .*status 500/, undefined],
  ] as const) {
    seen = 0;
    const began = performance.now();
    {
      using _ = it.areaProxy.rule(uploads((n, pass) => (n < 1 ? pass() : problem(status))));
      await fails(phone.call('backup', {}), says, code);
    }
    if (status !== 500) assert.ok(performance.now() - began < 2500, `${status} was tried again`);
    const { sets } = await reader.call('sets', {});
    assert.deepEqual(
      sets.filter(({ device }) => device === phone.id),
      [],
      `${status}`,
    );
  }
  await nothingIsLost();
});

/** The receipt that the area would give. */
function receiptFor({ url, headers, body }: Asked): Record<string, unknown> {
  const path = url.replace(/^\/areas\/[\w-]+\//, '');
  const digest = Buffer.from(/:(.*):/.exec(String(headers['content-digest']))![1]!, 'base64');
  return { path, length: body.length, digest: digest.toString('base64url') };
}

const spoilt: ((receipt: Record<string, unknown>) => unknown)[] = [
  (receipt) => ({ ...receipt, digest: 'A'.repeat(43) }),
  (receipt) => ({ ...receipt, length: Number(receipt.length) - 1 }),
  (receipt) => ({ ...receipt, path: `${receipt.path}x` }),
  () => ({}),
  () => 'stored',
];

for (const kind of ['data', 'index', 'envelope', 'manifest'] as const)
  test(`receipts for something else, or none, for ${kind}: it does not count as stored`, async () => {
    for (const spoil of spoilt) {
      // Nothing is kept: only the receipt says so.
      using _ = it.areaProxy.rule(async (asked, pass) =>
        asked.method === 'PUT' && kindOf(asked.url, asked.body) === kind
          ? json(spoil(receiptFor(asked)), 201)
          : pass(),
      );
      await fails(phone.call('backup', {}), /receipt is for something else/);
    }
    await nothingIsLost();
  });

test('a storage that takes everything and keeps nothing is found by the next run, and by another device', async () => {
  await phone.call('backup', {});
  await writeFile(join(home, 'new'), random(50_000));
  {
    using _ = it.areaProxy.rule(async (asked, pass) =>
      asked.method === 'PUT' ? json(receiptFor(asked), 201) : pass(),
    );
    await phone.call('backup', {});
  }
  const lost = { kind: 'integrity', code: 'ERR_ROLLED_BACK' };
  await assert.rejects(phone.call('backup', {}), lost);
  await assert.rejects(reader.call('restore', { device: phone.id, into: it.place('into') }), lost);
});
