/** A storage that alters, swaps, drops, invents and holds back: all of it is found and named (U2), nothing is written. */
import assert from 'node:assert/strict';
import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ProblemError } from '../../src/api/problem/index.ts';
import { decodeDocument } from '../../src/formats/syncml/index.ts';
import { assertSameTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';
import { HostileStorage, type ObjectKind, type StoredObject } from './storage.ts';

let it: World;
let storage: HostileStorage;
let phone: WorldDevice;
let reader: WorldDevice;
let home: string;

before(async () => {
  it = await world({
    hostile: true,
    users: { alice: { devices: ['phone', 'tablet', 'reader'] }, bob: { devices: ['phone'] } },
  });
  storage = new HostileStorage(it);
  phone = it.device('alice', 'phone');
  reader = it.device('alice', 'reader');
  home = it.place('home');
  await fill(home, 'alice');
  for (const device of [phone, it.device('alice', 'tablet'), it.device('bob', 'phone')]) {
    const path = device === phone ? home : it.place('other');
    if (device !== phone) await fill(path, `${device.user} ${device.name}`);
    await device.call('sourceAdd', { database: 'Files', kind: 'folder', path });
    await device.call('backup', {});
    // The second set builds on the first: a restore needs both.
    await writeFile(join(path, 'late'), `later, ${device.user}`);
    await device.call('backup', {});
  }
  // The reader knows all heads from here on.
  await reader.call('refresh', {});
});
after(() => it?.[Symbol.asyncDispose]());

async function fill(path: string, who: string): Promise<void> {
  await mkdir(path, { recursive: true });
  for (let i = 0; i < 20; i++) await writeFile(join(path, `file ${i}`), `${who} ${i}\n`.repeat(i * 40));
  // Listed last, and read by itself: what comes before it has been handed on when it is found altered.
  const large = Buffer.alloc(1_300_000);
  for (let i = 0, state = 7; i < large.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    large[i] = state >>> 16;
  }
  await writeFile(join(path, 'large'), large);
}

const KINDS: readonly ObjectKind[] = ['manifest', 'envelope', 'data', 'index'];
const named: Readonly<Record<ObjectKind, RegExp>> = {
  manifest: /manifest/,
  envelope: /envelope/,
  data: /segment/,
  index: /segment/,
};

const ofKind = (device: WorldDevice, kind: ObjectKind): StoredObject[] =>
  storage.of(device.id).filter((object) => object.kind === kind);

async function restoreFails(expected: RegExp, why: string): Promise<ProblemError> {
  const into = it.place('into');
  const error = await reader.call('restore', { device: phone.id, into }).then(
    () => assert.fail(`${why}: restored`),
    (caught: unknown) => caught,
  );
  if (!(error instanceof ProblemError)) throw error;
  assert.equal(error.kind, 'integrity', `${why}: ${error.code} ${error.message}`);
  assert.match(error.message, expected, why);
  await assertNothing(into, why);
  return error;
}

/** What the device did not make is named, and nothing of it counts: its newest set comes back, as the newest. */
async function restoreIsRightAndNames(expected: RegExp, why: string): Promise<void> {
  const into = it.place('into');
  const { set } = await reader.call('restore', { device: phone.id, into });
  assert.equal(set.counter, 2, why);
  await assertSameTree(home, join(into, 'Files'));
  const named = reader.events.flatMap((event) => (event.kind === 'notice' ? [event] : []));
  assert.deepEqual(
    named.map(({ code }) => code),
    ['FOREIGN_MANIFEST'],
    why,
  );
  assert.match(named[0]!.message, expected, why);
}

async function assertNothing(into: string, why: string): Promise<void> {
  assert.equal(await lstat(into).catch(() => undefined), undefined, `${why}: something was written`);
}

/** For what a signature or a seal need not cover: it changes nothing, or it is noticed. */
async function restoreIsRightOrFails(why: string): Promise<void> {
  const into = it.place('into');
  try {
    await reader.call('restore', { device: phone.id, into });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    assert.equal(error.kind, 'integrity', `${why}: ${error.code} ${error.message}`);
    await assertNothing(into, why);
    return;
  }
  await assertSameTree(home, join(into, 'Files'));
}

test('honest, everything comes back', async () => {
  const into = it.place('into');
  const { freshness } = await reader.call('restore', { device: phone.id, into });
  assert.deepEqual([freshness.kind, freshness.kind === 'known' && freshness.counter], ['known', 2]);
  await assertSameTree(home, join(into, 'Files'));
  for (const kind of KINDS) assert.ok(ofKind(phone, kind).length > 0, kind);
});

/** Offsets spread over an object: both ends of every part of it, and within. */
function regions({ kind, bytes }: StoredObject): { must: number[]; may: number[] } {
  const spread = (from: number, to: number, count: number): number[] => [
    ...new Set(
      Array.from({ length: count }, (_, i) => from + Math.floor(((to - 1 - from) * i) / (count - 1))),
    ),
  ];
  if (kind === 'manifest') {
    const text = bytes.toString('latin1');
    const [one, two] = [text.indexOf('.'), text.lastIndexOf('.')];
    const parts = [spread(0, one, 4), spread(one + 1, two, 8), spread(two + 1, bytes.length, 4)];
    return { must: [...parts.flat(), one, two], may: [] };
  }
  if (kind === 'envelope') return { must: spread(0, bytes.length, 16), may: [] };
  const document = decodeDocument(bytes);
  const frames = document.frames.flatMap((frame, i) => {
    const at = document.offsets[i]!;
    return spread(at, at + frame.length, 4);
  });
  const inFrame = (at: number): boolean =>
    document.frames.some(
      (frame, i) => at >= document.offsets[i]! && at < document.offsets[i]! + frame.length,
    );
  const around = [...spread(0, document.offsets[0]!, 10), bytes.indexOf(document.salt), bytes.length - 1];
  return { must: frames, may: around.filter((at) => !inFrame(at)) };
}

for (const kind of KINDS) {
  test(`${kind}: a flipped bit in every region`, async () => {
    for (const object of ofKind(phone, kind)) {
      const { must, may } = regions(object);
      for (const at of [...must, ...may]) {
        const altered = Buffer.from(object.bytes);
        altered[at]! ^= 1;
        storage.serve(object.path, altered);
        const why = `${kind} ${object.path}, byte ${at} of ${altered.length}`;
        if (must.includes(at)) await restoreFails(named[kind], why);
        else await restoreIsRightOrFails(why);
      }
      storage.reset();
    }
  });

  test(`${kind}: cut short, longer, empty`, async () => {
    for (const { path, bytes } of ofKind(phone, kind)) {
      const cuts = [0, 1, bytes.length >> 1, bytes.length - 20];
      for (const length of cuts) {
        storage.serve(path, bytes.subarray(0, length));
        await restoreFails(named[kind], `${kind} ${path} cut to ${length}`);
      }
      for (const other of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.of(0)])]) {
        storage.serve(path, other);
        await restoreIsRightOrFails(`${kind} ${path} of ${other.length} instead of ${bytes.length} bytes`);
      }
      storage.reset();
    }
  });

  test(`${kind}: another set's, another device's, another user's in its place`, async () => {
    const own = ofKind(phone, kind);
    const others = [
      ...own,
      ...ofKind(it.device('alice', 'tablet'), kind),
      ...ofKind(it.device('bob', 'phone'), kind),
    ];
    for (const victim of own) {
      for (const other of others) {
        if (other.path === victim.path) continue;
        storage.serve(victim.path, other.bytes);
        await restoreFails(named[kind], `${other.path} served as ${victim.path}`);
      }
      storage.reset();
    }
  });

  test(`${kind}: dropped, and listed but not given`, async () => {
    for (const { path } of ofKind(phone, kind)) {
      for (const drop of ['hide', 'lose'] as const) {
        storage[drop](path);
        await restoreFails(named[kind], `${drop} ${path}`);
        storage.reset();
      }
    }
  });

  test(`${kind}: verify names what is altered`, async () => {
    const object = ofKind(phone, kind).at(-1)!;
    const altered = Buffer.from(object.bytes);
    const at = regions(object).must.at(-2)!;
    altered[at]! ^= 4;
    storage.serve(object.path, altered);
    try {
      const { damaged } = await reader.call('verify', { device: phone.id });
      assert.ok(damaged.length > 0, 'nothing was found');
      assert.match(`${damaged[0]!.object}: ${damaged[0]!.message}`, named[kind]);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      assert.equal(error.kind, 'integrity');
      assert.match(error.message, named[kind]);
    } finally {
      storage.reset();
    }
  });
}

test('an older state of the chain: the newest manifest, or all, held back', async () => {
  const manifests = ofKind(phone, 'manifest').map(({ path }) => path);
  storage.hide(manifests.at(-1)!);
  assert.equal((await restoreFails(/2 was reported/, 'rolled back by one')).code, 'ERR_ROLLED_BACK');
  for (const path of manifests) storage.hide(path);
  assert.equal((await restoreFails(/reported/, 'all manifests held back')).code, 'ERR_ROLLED_BACK');
  for (const { path } of storage.of(phone.id)) storage.hide(path);
  assert.equal((await restoreFails(/reported/, 'the whole device held back')).code, 'ERR_ROLLED_BACK');
  storage.reset();
});

test('two manifests with one counter: the second under an invented name', async () => {
  for (const { path, bytes } of ofKind(phone, 'manifest')) {
    const set = `${'B'.repeat(21)}A`;
    storage.serve(`${path.slice(0, -22)}${set}`, bytes);
    await restoreIsRightAndNames(new RegExp(set), path);
    const { set: own } = (await reader.call('sets', { device: phone.id })).sets.at(-1)!;
    assert.notEqual(own, set);
    // In the place of the newest one it does not pass for it.
    storage.hide(path);
    await restoreFails(/manifest/, path);
    storage.reset();
  }
});

test('a listing that invents names', async () => {
  const [first, last] = ofKind(phone, 'manifest');
  const chain = first!.path.split('/').slice(0, 3).join('/');
  const next = `${chain}/m/0000000003-${'C'.repeat(21)}A`;
  for (const [what, bytes] of Object.entries({
    'the manifest before as the newest': last!.bytes,
    'an older manifest as the newest': first!.bytes,
    'rubbish as the newest manifest': Buffer.from('nothing of the kind'),
  })) {
    storage.serve(next, bytes);
    await restoreIsRightAndNames(/0000000003-C/, what);
    const asked = reader.call('restore', { set: `${'C'.repeat(21)}A`, into: it.place('into') });
    await assert.rejects(asked, { kind: 'integrity', message: /manifest 3/ }, what);
    // What is held back is missed all the same.
    storage.hide(last!.path);
    assert.equal((await restoreFails(/2 was reported/, what)).code, 'ERR_ROLLED_BACK');
    storage.reset();
  }
  // What is no manifest's name is nothing to a device.
  for (const name of [
    `${chain}/m/3-x`,
    `${chain}/x`,
    `${chain.slice(0, -22)}readme`,
    `${chain}/s/${'A'.repeat(22)}/BB`,
  ])
    storage.serve(name, Buffer.from('x'));
  await restoreIsRightOrFails('names that mean nothing');
  storage.reset();
});

test('a listing that invents devices', async () => {
  const manifest = ofKind(phone, 'manifest')[0]!;
  const [user, , chain] = manifest.path.split('/');
  storage.serve(`${user}/${'A'.repeat(22)}/${chain}/m/0000000001-${'B'.repeat(21)}A`, manifest.bytes);
  // None of the user's devices has that name: it is not asked about, and nothing of it is offered.
  const { sets } = await reader.call('sets', {});
  assert.equal(sets.length, 4);
  await assert.rejects(
    reader.call('restore', { into: it.place('into') }),
    ({ kind, message }: ProblemError) => {
      assert.equal(kind, 'usage');
      return message.includes(phone.id) && !message.includes('A'.repeat(22));
    },
  );
  storage.reset();
});

test('a device of the user held back altogether: which one is meant stays a question', async () => {
  for (const { path } of storage.of(it.device('alice', 'tablet').id)) storage.hide(path);
  await assert.rejects(reader.call('restore', { into: it.place('into') }), { kind: 'usage' });
  storage.reset();
});

test('a newer chain held back: the older one, whole as it is, does not pass for the newest', async () => {
  const device = await it.enrol('alice', 'set back');
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
  await device.call('backup', {});
  // Its state is an older copy afterwards, as after a restored disk image: it begins a new chain.
  const catalogue = join(device.state, 'catalogue.db');
  const copy = await readFile(catalogue);
  await device.call('backup', {});
  for (const end of ['', '-wal', '-shm']) await rm(`${catalogue}${end}`, { force: true });
  await writeFile(catalogue, copy, { mode: 0o600 });
  await device.call('backup', {});
  await reader.call('refresh', {});
  const manifests = ofKind(device, 'manifest').map(({ path }) => path);
  const chains = [...new Set(manifests.map((path) => path.split('/')[2]!))];
  assert.equal(chains.length, 2);
  for (const path of manifests) if (path.includes(chains[1]!)) storage.hide(path);
  const into = it.place('into');
  await assert.rejects(reader.call('restore', { device: device.id, into }), {
    code: 'ERR_ROLLED_BACK',
    kind: 'integrity',
  });
  await assertNothing(into, 'rolled back to an older chain');
  storage.reset();
  await reader.call('restore', { device: device.id, into });
  await assertSameTree(home, join(into, 'Files'));
});

test('a listing out of order, of other places, or without end', async () => {
  for (const spoil of [
    (paths: string[]) => paths.reverse(),
    (paths: string[]) => paths.map((path) => path.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))),
    (paths: string[]) => paths.flatMap((path) => [path, path]),
  ]) {
    using _ = it.areaProxy.rule(async (asked, pass) => {
      const answer = await pass();
      if (!asked.url.includes('?')) return answer;
      const { objects } = JSON.parse(answer.body.toString()) as { objects: { path: string }[] };
      const body = {
        objects: spoil(objects.map(({ path }) => path)).map((path) => ({ path, size: 1 })),
        more: false,
      };
      return { ...answer, body: Buffer.from(JSON.stringify(body)) };
    });
    await restoreFails(/listing/, spoil.toString());
  }
  using _ = it.areaProxy.rule(async (asked, pass) => {
    const answer = await pass();
    if (!asked.url.includes('?')) return answer;
    return { ...answer, body: Buffer.from(JSON.stringify({ objects: [], more: true })) };
  });
  await restoreFails(/listing/, 'pages without end');
});
