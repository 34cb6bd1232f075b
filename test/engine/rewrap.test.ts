/** The ways in change, and what is stored is wrapped for the new list: nothing is sent again, nothing is lost (U5, N4). */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listSets, prune, verify } from '../../src/backup/index.ts';
import { recipientId } from '../../src/crypto/index.ts';
import { fromUtf8 } from '../../src/lib/bytes.ts';
import { nodePlatform as platform } from '../../src/platform/node.ts';
import type { Custody } from '../../src/policy/rules/index.ts';
import { type Destination, DestinationError } from '../../src/set/index.ts';
import { openState } from '../../src/state/index.ts';
import {
  type EngineWorld,
  engineWorld,
  RULE,
  type TestDevice,
  TestUser,
  type TestWay,
  testWay,
} from './world.ts';

let world: EngineWorld;
before(async () => {
  world = await engineWorld();
});
after(() => world?.[Symbol.asyncDispose]());

let places = 0;
async function tree(): Promise<string> {
  const path = join(world.directory, `tree-${places++}`);
  await mkdir(path);
  for (let i = 0; i < 5; i++) await writeFile(join(path, `file-${i}`), `content ${i}`);
  return path;
}

async function person(custody: Custody = 'user', ways = 2): Promise<TestDevice> {
  const user = new TestUser();
  for (let i = 0; i < ways; i++) user.ways.push(await testWay());
  return anotherOf(user, custody);
}

async function anotherOf(user: TestUser, custody: Custody = 'user'): Promise<TestDevice> {
  const device = await world.device(user);
  await device.useAll();
  device.rule = { ...RULE, custody };
  device.hands = { company: false, ways: [] };
  return device;
}

/** Restores a set, or the newest, with these ways in alone. */
async function opens(device: TestDevice, ways: readonly TestWay[], set?: string, of?: TestDevice) {
  const hands = device.hands;
  device.hands = { company: false, ways };
  const into = join(world.directory, `out-${places++}`);
  try {
    const choice = { ...(set !== undefined && { set }), ...(of && { device: of.id }) };
    const { leftOut } = await device.restore(into, choice);
    assert.deepEqual(leftOut, []);
    assert.match(await readFile(join(into, 'Files', 'file-1'), 'utf8'), /^content 1/);
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'ERR_NO_KEY', String(error));
    return false;
  } finally {
    device.hands = hands;
  }
}

/** Sets under several keyrings: the number of runs, and what each is called. */
async function backups(device: TestDevice, path: string, runs: number): Promise<string[]> {
  const sets: string[] = [];
  for (let i = 0; i < runs; i++) {
    await writeFile(join(path, 'file-0'), `content 0 in run ${i}`.padEnd(20 + i));
    sets.push((await device.backup(path)).set!.set);
    if (i % 3 === 2) device.keyrings.clear(); // its keyring is used up: a new one
  }
  return sets;
}

/** All envelopes that the area holds. */
async function envelopes(device: TestDevice): Promise<{ name: string; text: string }[]> {
  const { destination } = await device.engine();
  try {
    const found: { name: string; text: string }[] = [];
    for await (const { name } of destination.list(''))
      if (/\/k\//.test(name))
        found.push({ name, text: fromUtf8(await destination.getObject(name, 1 << 20)) });
    return found;
  } finally {
    await destination.close();
  }
}

/** Those of them that a way in is a recipient of. */
async function openedBy(device: TestDevice, { recipient }: TestWay): Promise<string[]> {
  return (await envelopes(device))
    .filter(({ name, text }) => {
      const keyring = /\/k\/(.{22})-/.exec(name)![1]!;
      return text.includes(recipientId(platform, keyring, recipient.thumbprint));
    })
    .map(({ name }) => name);
}

test('added: the new way in alone restores everything, also of other devices; one operation for each envelope', async () => {
  const device = await person();
  const other = await anotherOf(device.user);
  const [first, second] = device.user.ways as [TestWay, TestWay];
  const sets = await backups(device, await tree(), 7);
  const [foreign] = await backups(other, await tree(), 1);
  const added = await testWay();
  device.user.ways.push(added);
  assert.equal(await opens(device, [added]), false);

  device.hands = { company: false, ways: [first] };
  const report = await device.rewrap();
  assert.deepEqual([report.envelopes, report.rewrapped, report.removed, report.left], [4, 4, 0, []]);
  assert.equal(first.operations(), 4, 'three keyrings of one device and one of the other');
  for (const set of sets) assert.ok(await opens(device, [added], set), set);
  assert.ok(await opens(device, [added], foreign, other));
  assert.ok(await opens(other, [added]), 'the other device is told by the area alone');
  assert.ok(await opens(device, [second], sets[0]), 'the others open it as before');
  assert.equal((await listSets(await device.engine(), { device: device.id })).length, 7, 'it is no set');
  const again = await device.rewrap();
  assert.deepEqual([again.envelopes, again.rewrapped, again.head], [4, 0, undefined]);
  assert.equal(first.operations(), 4, 'nothing to do, nothing opened');
  device.hands = { company: false, ways: [added] };
  assert.deepEqual((await verify(await device.engine(), {})).damage, []);
});

test('removed: it opens nothing that the area still holds, and gets nothing of later sets', async () => {
  const device = await person();
  const other = await anotherOf(device.user);
  const [lost, kept] = device.user.ways as [TestWay, TestWay];
  const path = await tree();
  const sets = await backups(device, path, 4);
  await backups(other, await tree(), 1);
  device.user.ways.shift();
  device.hands = { company: false, ways: [kept] };
  const report = await device.rewrap();
  assert.deepEqual([report.rewrapped, report.removed, report.kept], [3, 3, 0]);
  assert.deepEqual(await openedBy(device, lost), []);
  device.hands = { company: false, ways: [] };
  sets.push((await device.backup(path, { full: true })).set!.set);
  for (const set of sets) {
    assert.ok(await opens(device, [kept], set), set);
    assert.equal(await opens(device, [lost], set), false);
  }
  assert.ok(await opens(other, [kept]));
  const engine = await device.engine();
  assert.deepEqual(
    (await verify(engine, { structureOnly: true })).damage,
    [],
    'what was deleted is replaced',
  );
});

test('replaced, added again, removed again: any order, always by the list of the moment', async () => {
  const device = await person();
  const [first, second] = device.user.ways as [TestWay, TestWay];
  const path = await tree();
  const all: TestWay[] = [first, second];
  const [set] = await backups(device, path, 1);
  const lists: TestWay[][] = [[second, await testWay()]];
  lists.push([lists[0]![1]!, first], [first], [first, second], [second]);
  let before = [first, second];
  for (const list of lists) {
    device.user.ways.splice(0, device.user.ways.length, ...list);
    device.hands = { company: false, ways: before.filter((way) => list.includes(way)).slice(0, 1) };
    await device.rewrap();
    for (const way of [...all, ...list])
      assert.equal(await opens(device, [way], set), list.includes(way), `${lists.indexOf(list)}`);
    await backups(device, path, 1);
    before = list;
  }
  assert.ok(await opens(device, [second]));
});

test('where nothing can be deleted, the old envelopes stay, and that is said', async () => {
  const device = await person();
  const [lost, kept] = device.user.ways as [TestWay, TestWay];
  const [set] = await backups(device, await tree(), 1);
  device.user.ways.shift();
  device.hands = { company: false, ways: [kept] };
  const report = await device.rewrap({ mayRemove: async () => false });
  assert.deepEqual([report.rewrapped, report.removed, report.kept], [1, 0, 1]);
  assert.ok(await opens(device, [lost], set));
  const later = await device.rewrap();
  assert.deepEqual([later.rewrapped, later.removed], [0, 1], 'the next one deletes them');
  assert.equal(await opens(device, [lost], set), false);
});

for (const custody of ['any', 'all'] as const)
  test(`custody ${custody}: the side of the user is wrapped anew, the company opens as before`, async () => {
    const device = await person(custody);
    const [lost, kept] = device.user.ways as [TestWay, TestWay];
    await device.backup(await tree());
    const added = await testWay();
    device.user.ways.splice(0, 1, added);
    device.hands = { company: false, ways: [kept] };
    assert.equal((await device.rewrap()).rewrapped, 1);
    const into = () => join(world.directory, `out-${places++}`);
    device.hands = { company: true, ways: custody === 'all' ? [added] : [] };
    assert.equal((await device.restore(into())).databases[0]?.added, 5);
    device.hands = { company: custody === 'all', ways: [lost] };
    await assert.rejects(device.restore(into()), { code: 'ERR_NO_KEY' });
    device.hands = { company: custody === 'any', ways: custody === 'all' ? [added] : [] };
    if (custody === 'all') await assert.rejects(device.restore(into()), { code: 'ERR_NO_KEY' });
  });

test('custody company is none of the user', async () => {
  const device = await person('company');
  await device.backup(await tree());
  device.user.ways.push(await testWay());
  device.hands = { company: false, ways: device.user.ways };
  assert.deepEqual((await device.rewrap()).envelopes, 0);
});

/** A destination that breaks off after so many writes and deletions. */
function breaking(destination: Destination, calls: number): Destination {
  const spend = (): void => {
    if (calls-- <= 0) throw new DestinationError('ERR_DESTINATION_UNAVAILABLE', 'the network is gone');
  };
  return {
    ...destination,
    putObject: async (name, kind, bytes) => {
      spend();
      return destination.putObject(name, kind, bytes);
    },
    remove: async (names) => {
      for (const name of names) {
        spend();
        await destination.remove([name]);
      }
    },
  };
}

test('broken off after each number of writes: the next one completes it, and nothing is lost on the way', async () => {
  for (let calls = 0; ; calls++) {
    const device = await person();
    const [lost, kept] = device.user.ways as [TestWay, TestWay];
    const path = await tree();
    const sets = await backups(device, path, 4);
    device.user.ways.splice(0, 1, await testWay());
    const added = device.user.ways[1]!;
    device.hands = { company: false, ways: [kept] };
    device.through = (real) => breaking(real, calls);
    const broken = await device.rewrap().then(
      () => false,
      (error: { code: string }) => {
        assert.equal(error.code, 'ERR_DESTINATION_UNAVAILABLE');
        return true;
      },
    );
    device.through = undefined;
    for (const set of sets) assert.ok(await opens(device, [kept], set), `after ${calls}`);
    const before = kept.operations();
    await device.rewrap();
    assert.ok(kept.operations() - before <= 2, `after ${calls}`);
    for (const set of sets) assert.ok(await opens(device, [added], set), `after ${calls}`);
    assert.deepEqual(await openedBy(device, lost), [], `after ${calls}`);
    await backups(device, path, 1);
    if (!broken) return;
  }
});

test('broken off before its manifest was known to be stored, it is there after the next backup', async () => {
  const device = await person();
  const [first] = device.user.ways as [TestWay];
  const path = await tree();
  const [set] = await backups(device, path, 1);
  const added = await testWay();
  device.user.ways.push(added);
  device.hands = { company: false, ways: [first] };
  device.through = (real) => ({
    ...real,
    putObject: async (name, kind, bytes) => {
      await real.putObject(name, kind, bytes);
      if (kind === 'manifest')
        throw new DestinationError('ERR_DESTINATION_UNAVAILABLE', 'the answer is lost');
    },
  });
  await assert.rejects(device.rewrap(), { code: 'ERR_DESTINATION_UNAVAILABLE' });
  device.through = undefined;
  device.hands = { company: false, ways: [] };
  const next = await device.backup(path);
  assert.equal(next.set?.counter, 3);
  assert.ok(await opens(device, [added], set));
});

test('pruning keeps what was wrapped anew, of this device and of others', async () => {
  const device = await person();
  const other = await anotherOf(device.user);
  const [lost, kept] = device.user.ways as [TestWay, TestWay];
  const path = await tree();
  const sets = await backups(device, path, 5);
  const otherPath = await tree();
  const [foreign] = await backups(other, otherPath, 2);
  device.user.ways.shift();
  device.hands = { company: false, ways: [kept] };
  await device.rewrap();
  await backups(device, path, 3);
  const added = await testWay();
  device.user.ways.push(added);
  await device.rewrap();
  await backups(device, path, 2);
  for (const [of, keep] of [
    [device, { last: 6 }],
    [device, { last: 5 }],
    [other, { last: 1 }],
  ] as const) {
    const engine = await of.engine();
    const state = openState(of.state);
    const report = await prune(engine, { catalogue: state.catalogue(engine.destination.label), keep });
    state.close();
    of.report(report.head!);
  }
  const left = await listSets(await device.engine(), { device: device.id });
  assert.equal(left.length, 5);
  for (const { set } of left) {
    for (const way of [kept, added]) assert.ok(await opens(device, [way], set), set);
    assert.equal(await opens(device, [lost], set), false);
  }
  assert.ok(await opens(other, [added]));
  assert.equal(await opens(other, [added], foreign).catch(() => false), false, 'pruned');
  device.hands = { company: false, ways: [kept] };
  assert.deepEqual((await verify(await device.engine(), {})).damage, []);
  assert.ok(sets.length > 0);
});

test('a device that has stored nothing yet wraps what others have; then it backs up', async () => {
  const device = await person();
  const [lost, kept] = device.user.ways as [TestWay, TestWay];
  const [set] = await backups(device, await tree(), 1);
  const fresh = await anotherOf(device.user);
  device.user.ways.shift();
  fresh.hands = { company: false, ways: [kept] };
  assert.equal((await fresh.rewrap()).removed, 1);
  assert.ok(await opens(device, [kept], set));
  assert.equal(await opens(device, [lost], set), false);
  const path = await tree();
  const report = await fresh.backup(path);
  assert.equal(report.set?.counter, 2);
  assert.ok(await opens(fresh, [kept]));
});

test('a device that lost its state goes on after what it wrapped, and knows it still', async () => {
  const device = await person();
  const [lost, kept] = device.user.ways as [TestWay, TestWay];
  const path = await tree();
  const [set] = await backups(device, path, 2);
  device.user.ways.shift();
  device.hands = { company: false, ways: [kept] };
  await device.rewrap();
  device.state = `${device.state}-lost`;
  device.keyrings.clear();
  await backups(device, path, 2);
  const more = await testWay();
  device.user.ways.push(more);
  await device.rewrap();
  for (const way of [kept, more]) assert.ok(await opens(device, [way], set));
  assert.equal(await opens(device, [lost], set), false);
  assert.equal(lost.operations(), 0);
});

test('two devices wrap at once for the same list: neither deletes what the other made', async () => {
  const device = await person();
  const other = await anotherOf(device.user);
  const kept = device.user.ways[1]!;
  const [set] = await backups(device, await tree(), 2);
  await backups(other, await tree(), 1);
  device.user.ways.shift();
  for (const one of [device, other]) one.hands = { company: false, ways: [kept] };
  const reports = await Promise.all([device.rewrap(), other.rewrap()]);
  for (const report of reports) assert.ok(report.left.every(({ error }) => error.code === 'ERR_MANIFEST'));
  await device.rewrap();
  assert.ok(await opens(device, [kept], set));
  assert.ok(await opens(other, [kept]));
});

test('a list that changes again meanwhile stops it before anything is written', async () => {
  const device = await person();
  await backups(device, await tree(), 1);
  const before = (await envelopes(device)).length;
  device.hands = { company: false, ways: device.user.ways.splice(0, 1) };
  const changed = new Error('changed');
  await assert.rejects(
    device.rewrap({
      stillSo: async () => {
        throw changed;
      },
    }),
    changed,
  );
  assert.equal((await envelopes(device)).length, before);
});
