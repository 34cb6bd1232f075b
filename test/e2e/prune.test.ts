/** The real command line: old sets are pruned, by whom, how much, and what is left of the others (U3). */
import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addArea } from '../../src/programs/storage/index.ts';
import { seeded } from '../world/data.ts';
import { resultOf } from '../world/device.ts';
import { ALLOW_ALL, type World, type WorldDevice, world } from '../world.ts';
import type { Ended } from './cli-command.ts';

let it: World;
let phone: WorldDevice;
let tablet: WorldDevice;
const random = seeded(3);

before(async () => {
  it = await world({ hostile: true, users: { alice: { devices: ['phone', 'tablet'] }, bob: {} } });
  [phone, tablet] = [it.device('alice', 'phone'), it.device('alice', 'tablet')];
});
after(() => it?.[Symbol.asyncDispose]());

async function ok(device: WorldDevice, ...args: string[]): Promise<Ended> {
  const ended = await device.cli(args);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
  return ended;
}

const prune = async (device: WorldDevice, ...args: string[]) =>
  resultOf('prune', await ok(device, 'prune', ...args, '--json'));

async function refused(device: WorldDevice, code: number, says: RegExp, ...args: string[]): Promise<void> {
  const ended = await device.cli(['prune', ...args]);
  assert.equal(ended.code, code, ended.stderr);
  assert.match(ended.stderr, says);
}

interface State {
  readonly set: string;
  readonly time: number;
  /** The files as of then. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Backups of a folder in which files come, change and go. */
async function history(device: WorldDevice, sets: number): Promise<State[]> {
  const home = it.place('home');
  await mkdir(home);
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
  const files = new Map([['lasting', random(100_000)]]);
  const states: State[] = [];
  for (let i = 0; i < sets; i++) {
    files.set('changing', random(20_000)).set(`file-${i}`, random(20_000));
    files.delete(`file-${i - 2}`);
    await write(home, files);
    const { set } = await device.call('backup', {});
    states.push({ set: set!.set, time: set!.time, files: new Map(files) });
  }
  return states;
}

async function write(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) if (!files.has(name)) await rm(join(folder, name));
  for (const [name, content] of files) await writeFile(join(folder, name), content);
}

/** Bytes that lie in the area for a device. */
async function stored(device: WorldDevice): Promise<number> {
  const entries = await readdir(it.objects, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.parentPath.includes(`/${device.id}/`));
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function assertRestores(by: WorldDevice, from: WorldDevice, { set, files }: State): Promise<void> {
  const into = it.place('into');
  await ok(by, 'restore', '--device', from.id, '--set', set, '--into', into);
  for (const [name, content] of files)
    assert.deepEqual(
      new Uint8Array(await readFile(join(into, 'Files', name))),
      new Uint8Array(content),
      name,
    );
  assert.deepEqual((await readdir(join(into, 'Files'))).sort(), [...files.keys()].sort());
}

const ids = (rows: readonly { readonly set: string }[]): string[] => rows.map(({ set }) => set);

test('a dry run deletes nothing; prune deletes what no kept set needs; all others are as they were', async () => {
  const states = await history(phone, 6);
  const all = states.map(({ set }) => set);
  const full = await stored(phone);

  await refused(phone, 2, /--keep-last.*--keep-within/);
  const dry = await prune(phone, '--keep-last', '2', '--dry-run');
  assert.deepEqual([ids(dry.kept), ids(dry.removed)], [all.slice(4), all.slice(0, 4)]);
  assert.ok(dry.objects > 0 && dry.bytes > 60_000 && dry.dryRun && !dry.appendOnly);
  assert.equal(await stored(phone), full, 'the dry run deleted something');
  const shown = await ok(phone, 'prune', '--keep-last', '2', '--dry-run');
  assert.match(shown.stdout, /^SET +NUMBER +TIME +SIZE +PLAN$/m);
  assert.match(shown.stdout, new RegExp(`^${all[0]} +1 .* would be removed$`, 'm'));
  assert.match(shown.stdout, new RegExp(`^${all[5]} +6 .* kept$`, 'm'));
  assert.match(
    shown.stdout,
    /^dry run, nothing was deleted: 4 sets of 6 would be removed from .*, \d+ objects, /m,
  );

  const done = await prune(phone, '--keep-last', '2');
  assert.deepEqual([ids(done.kept), ids(done.removed), done.reported], [all.slice(4), all.slice(0, 4), true]);
  assert.deepEqual([done.objects, done.bytes], [dry.objects, dry.bytes]);
  assert.ok((await stored(phone)) < full - done.bytes + 10_000);
  const again = await ok(phone, 'prune', '--keep-last', '2');
  assert.match(again.stdout, /^there is nothing to delete at /m);

  // This device, and another of the user, which only knows what the server told it.
  for (const device of [phone, tablet]) {
    const { sets, freshness } = resultOf('sets', await ok(device, 'sets', '--device', phone.id, '--json'));
    assert.deepEqual(ids(sets), all.slice(4));
    assert.equal(freshness.kind === 'known' && freshness.counter, 7, 'the server was told of the pruning');
    for (const state of states.slice(4)) {
      const verified = await ok(device, 'verify', '--device', phone.id, '--set', state.set, '--json');
      assert.deepEqual(resultOf('verify', verified).damaged, []);
      await assertRestores(device, phone, state);
    }
    const gone = await device.cli(['restore', '--set', all[0]!, '--into', it.place('into')]);
    assert.equal(gone.code, 2, gone.stderr);
  }

  // The chain goes on.
  await ok(phone, 'backup');
  assert.deepEqual(
    resultOf('verify', await ok(tablet, 'verify', '--device', phone.id, '--json')).damaged,
    [],
  );
  const audit = (await it.admin.audit()).entries.filter(({ action }) => action === 'grant.delete');
  assert.ok(audit.length >= 4 && audit.every(({ actor }) => actor === `device:${phone.id}`));
  const shownDevice = await it.admin.device(phone.id);
  const last = (await phone.call('sets', { device: phone.id })).sets.at(-1)!;
  assert.equal(shownDevice.lastBackup, last.time);
});

test('what policy wants kept is the least that stays (exit 4), and what stays when nothing is said', async () => {
  const device = await it.enrol('alice', 'governed');
  const states = await history(device, 3);
  await it.applyPolicies({ ...ALLOW_ALL, retention: { keep: '1h' } });
  try {
    const before = await stored(device);
    for (const args of [
      ['--keep-last', '1'],
      ['--keep-daily', '1', '--dry-run'],
    ])
      await refused(device, 4, /policy everyone wants all sets of the last 1 h to be kept/, ...args);
    assert.equal(await stored(device), before);
    assert.equal((await prune(device, '--keep-daily', '7', '--keep-within', '2h')).removed.length, 0);
    await it.applyPolicies({ ...ALLOW_ALL, retention: { keep: '1s' } });
    assert.deepEqual(ids((await prune(device, '--keep-last', '3')).kept), ids(states));
    await write(join(it.directory, 'later'), new Map([['x', random(10)]]));
    await ok(device, 'source', 'add', 'Later', 'folder', join(it.directory, 'later'));
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const { set } = resultOf('backup', await ok(device, 'backup', '--json'));
    const { kept, removed } = await prune(device);
    assert.deepEqual([ids(kept).at(-1), ids(removed)], [set!.set, ids(states)]);
  } finally {
    await it.applyPolicies(ALLOW_ALL);
  }
});

test('a mass change stops pruning until it is confirmed (U6)', async () => {
  const device = await it.enrol('alice', 'careless');
  const many = it.place('many');
  const files = (count: number) =>
    new Map(Array.from({ length: count }, (_, i) => [`file-${i}`, random(100)] as const));
  await write(many, files(60));
  await ok(device, 'source', 'add', 'Files', 'folder', many);
  await ok(device, 'backup');
  await write(many, files(5));
  const { set } = resultOf('backup', await ok(device, 'backup', '--json'));
  const before = await stored(device);
  await refused(device, 4, /holdfast sets confirm/, '--keep-last', '1');
  await refused(device, 4, new RegExp(set!.set), '--keep-last', '1', '--dry-run');
  assert.equal(await stored(device), before);
  await ok(device, 'sets', 'confirm', set!.set);
  assert.equal((await prune(device, '--keep-last', '1')).removed.length, 1);
  assert.ok((await stored(device)) < before);
});

test('an area that keeps everything says so: nothing is deleted, exit 0', async () => {
  const { identityKey } = (await (await fetch(`${it.server.url}/api/v1/identity`)).json()) as {
    identityKey: object;
  };
  const { uri } = await addArea(it.storage.state, {
    name: 'vault',
    issuers: [identityKey],
    appendOnly: true,
  });
  await it.applyPolicies({ ...ALLOW_ALL, destinations: [{ area: it.area }, { area: uri }] });
  try {
    const home = it.place('home');
    await write(home, new Map([['a', random(1000)]]));
    await ok(tablet, 'source', 'add', 'Files', 'folder', home);
    for (let i = 0; i < 2; i++) {
      await write(home, new Map([['a', random(1000)]]));
      await ok(tablet, 'backup', '--to', uri);
    }
    const { stdout, stderr } = await ok(tablet, 'prune', '--from', uri, '--keep-last', '1');
    assert.match(stderr, /^note: .* keeps everything: nothing is ever deleted there$/m);
    assert.match(stdout, /keeps everything: nothing was deleted$/m);
    const { appendOnly, kept, removed, objects } = await prune(tablet, '--from', uri, '--keep-last', '1');
    assert.deepEqual([appendOnly, kept.length, removed, objects], [true, 2, [], 0]);
    assert.equal(resultOf('sets', await ok(tablet, 'sets', '--from', uri, '--json')).sets.length, 2);
  } finally {
    await it.applyPolicies(ALLOW_ALL);
  }
});

test('without the server nothing is deleted (exit 1); what broke off is finished by the next pruning', async () => {
  const device = await it.enrol('alice', 'broken');
  const states = await history(device, 6);
  const before = await stored(device);
  await it.server.stop();
  await refused(device, 1, /does not answer/, '--keep-last', '1');
  await it.server.start();
  assert.equal(await stored(device), before);

  // The network goes after some deletions: what says which sets stay is stored by then, and the server is told.
  let deletions = 0;
  {
    using _ = it.areaProxy.rule(async ({ method }, pass) =>
      method === 'DELETE' && ++deletions > 1 ? undefined : pass(),
    );
    await refused(device, 1, /./, '--keep-last', '1');
  }
  const { sets } = resultOf('sets', await ok(tablet, 'sets', '--device', device.id, '--json'));
  assert.deepEqual(ids(sets), [states[5]!.set]);
  await assertRestores(tablet, device, states[5]!);
  const rest = await prune(device, '--keep-last', '1');
  assert.deepEqual([ids(rest.kept), rest.removed], [[states[5]!.set], []]);
  assert.ok(rest.objects > 0);
  await assertRestores(tablet, device, states[5]!);
});

test('who may not: a device that was revoked (5), a file (2), an area that no policy names (5)', async () => {
  const lost = await it.enrol('alice', 'lost');
  await history(lost, 2);
  const before = await stored(lost);
  await refused(lost, 2, /one set/, '--from', '/tmp/some.ipd', '--keep-last', '1');
  await refused(
    lost,
    5,
    /no access/,
    '--from',
    it.area.replace(/[^/]+$/, 'A'.repeat(22)),
    '--keep-last',
    '1',
  );
  for (const wrong of [
    ['--keep-last', '0'],
    ['--keep-last', 'x'],
    ['--keep-within', '1w'],
  ])
    await refused(lost, 2, /wanted is/, ...wrong);
  await it.admin.revokeDevice(lost.id);
  await refused(lost, 5, /ended/, '--keep-last', '1');
  assert.equal(await stored(lost), before);
});

test('the right to delete is renewed while there is more to delete', async () => {
  let ahead = 0;
  await using slow = await world({
    ...{ hostile: true, users: { alice: { devices: ['phone'] } } },
    clock: () => Date.now() + ahead,
  });
  const device = slow.device('alice', 'phone');
  const home = slow.place('home');
  await write(home, new Map([['a', random(1000)]]));
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
  const { set } = await device.call('backup', {});
  // What runs that broke off have left: segments that no manifest names.
  const segments = join(slow.objects, await placeOf(slow.objects, device.id), set!.chain, 's', set!.set);
  const [one] = await readdir(segments);
  const left = Array.from({ length: 60 }, () => random(8).toString('base64url'));
  for (const name of left) await copyFile(join(segments, one!), join(segments, `${name}.object`));
  let deletions = 0;
  using _ = slow.areaProxy.rule((asked, pass) => {
    // The device's clock jumps; server and area let clocks differ by five minutes.
    if (asked.method === 'DELETE' && ++deletions === 10) ahead = 4.5 * 60_000;
    return pass();
  });
  const { objects } = await device.call('prune', { last: 1 });
  assert.equal(objects, 60);
  const names = await readdir(segments);
  assert.ok(names.includes(one!) && !names.some((name) => left.includes(name.replace('.object', ''))));
  const grants = (await slow.admin.audit()).entries.filter(({ action }) => action === 'grant.delete');
  assert.equal(grants.length, 2);
});

/** `USER/DEVICE` below a directory of objects. */
async function placeOf(objects: string, device: string): Promise<string> {
  for (const user of await readdir(objects))
    if ((await readdir(join(objects, user))).includes(device)) return join(user, device);
  throw new Error(`nothing of ${device} in ${objects}`);
}
