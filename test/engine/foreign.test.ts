/**
 * Names of manifests that are none: whoever may append below a device's place can make some, and a storage can list what
 * it likes. They are named; they stop neither backup nor restore, and hide nothing (U2).
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { listSets, prune, verify } from '../../src/backup/index.ts';
import { toBase64Url, utf8 } from '../../src/lib/bytes.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import { DestinationError, MANIFEST_TYP, manifestName } from '../../src/set/index.ts';
import { openState } from '../../src/state/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;
const id = (): string => toBase64Url(nodePlatform.random(16));

/** Puts an object under the name of a manifest, with the device's own grant. */
async function put(
  device: TestDevice,
  chain: string,
  counter: number,
  bytes: Uint8Array = utf8('nothing of the kind'),
  set = id(),
): Promise<string> {
  const { destination } = await device.engine();
  const name = manifestName({ device: device.id, chain }, counter, set);
  await destination.putObject(name, 'manifest', bytes);
  await destination.close();
  return name;
}

async function stored(device: TestDevice, chain: string, counter: number, set: string): Promise<Uint8Array> {
  const { destination } = await device.engine();
  try {
    return await destination.getObject(manifestName({ device: device.id, chain }, counter, set), 1 << 20);
  } finally {
    await destination.close();
  }
}

/** A device with two sets, and what a second one of the user sees of it. */
async function twoSets() {
  const user = new TestUser();
  const [device, other] = [await world.device(user), await world.device(user)];
  const from = await place();
  await makeTree(from, { a: '1' });
  const first = (await device.backup(from)).set!;
  await makeTree(from, { b: Buffer.from(nodePlatform.random(300_000)) });
  const second = (await device.backup(from)).set!;
  return { user, device, other, from, first, second, chain: first.chain };
}

const notices = ({ events }: TestDevice): string[] =>
  events.flatMap((event) => (event.kind === 'notice' ? [event.code] : []));

async function assertRestores(device: TestDevice, of: TestDevice, tree: string, counter: number) {
  device.events.length = 0;
  const into = await place();
  const { set } = await device.restore(into, { device: of.id });
  assert.equal(set.counter, counter);
  await assertSameTree(tree, join(into, 'Files'));
  assert.deepEqual(notices(device), ['FOREIGN_MANIFEST']);
}

test('a set whose id also stands in a name of another chain is found by its id, whichever is listed first', async () => {
  const { user, device, other, second, chain } = await twoSets();
  const from = await place();
  await makeTree(from, { other: 'of the other' });
  const last = (await other.backup(from)).set!;
  const reader = await world.device(user);
  await put(device, chain, 9, undefined, last.set);
  await put(other, last.chain, 9, undefined, second.set);
  for (const { set } of [last, second])
    assert.equal((await reader.restore(await place(), { set })).set.set, set);
  await assert.rejects(reader.restore(await place(), { set: last.set, device: device.id }), {
    code: 'ERR_NOT_AUTHENTIC',
  });
});

test('rubbish above the newest set: the device goes on from what it knows, readers take what verifies', async () => {
  const { user, device, other, from, chain, first, second } = await twoSets();
  const replayed = await stored(device, chain, 1, first.set);
  const names = [
    await put(device, chain, 3),
    await put(device, chain, 3, replayed),
    await put(device, chain, 4, new Uint8Array(0)),
    await put(device, chain, 9_999_999_999, replayed),
  ];
  await assertRestores(other, device, from, 2);
  const [told] = other.events.filter((event) => event.kind === 'notice');
  assert.match(told!.message, new RegExp(`4 names.*${names[3]}`));

  // Neither is anything uploaded again, nor is another chain begun.
  device.events.length = 0;
  await makeTree(from, { c: '3' });
  const third = await device.backup(from);
  assert.deepEqual([third.set!.chain, third.set!.counter], [chain, 3]);
  assert.ok(third.stored < 5000, `${third.stored}`);
  assert.deepEqual(notices(device), ['FOREIGN_MANIFEST']);
  await assertRestores(other, device, from, 3);

  // Also who knows of no head, and who has lost its state.
  user.heads.length = 0;
  await assertRestores(other, device, from, 3);
  device.state = `${device.state}-lost`;
  await makeTree(from, { d: '4' });
  const fourth = await device.backup(from);
  assert.deepEqual([fourth.set!.chain, fourth.set!.counter], [chain, 4]);
  await assertRestores(other, device, from, 4);

  const engine = await other.engine();
  const sets = await listSets(engine, {});
  assert.deepEqual(
    sets.map(({ counter }) => counter),
    [1, 2, 3, 4],
  );
  assert.equal(sets[1]!.hash, second.hash);
  assert.deepEqual((await verify(engine, { device: device.id })).damage, []);
  await engine.destination.close();
});

test('rubbish beside a set, before and after it in order of names', async () => {
  const { user, device, other, from, chain, first } = await twoSets();
  for (const letter of ['-', '0', 'Z', '_', 'z'])
    for (const counter of [1, 2]) await put(device, chain, counter, utf8('x'), `${letter.repeat(21)}A`);
  await assertRestores(other, device, from, 2);
  const old = await place();
  await other.restore(old, { set: first.set });
  user.heads.length = 0;
  await assertRestores(other, device, from, 2);
  await makeTree(from, { c: '3' });
  assert.deepEqual((await device.backup(from)).set!.counter, 3);
});

test('a set that is asked for by its id, and whose manifest does not verify, is refused as such', async () => {
  const { device, other, chain } = await twoSets();
  const set = id();
  await put(device, chain, 3, utf8('x'), set);
  await assert.rejects(other.restore(await place(), { set }), {
    code: 'ERR_NOT_AUTHENTIC',
    message: /manifest 3/,
  });
});

test('rubbish under a chain of its own, also with ids of real sets', async () => {
  const { user, device, other, from, first, second } = await twoSets();
  for (const letter of ['-', 'z'])
    for (const [counter, set] of [first.set, second.set].entries())
      await put(device, `${letter.repeat(21)}A`, counter + 1, utf8('x'), set);
  for (const heads of [user.heads.slice(), []]) {
    user.heads.splice(0, Infinity, ...heads);
    const into = await place();
    assert.equal((await other.restore(into, { device: device.id })).set.counter, 2);
    await assertSameTree(from, join(into, 'Files'));
    assert.equal((await other.restore(await place(), { set: first.set })).set.counter, 1);
    assert.equal(
      (await other.restore(await place(), { device: device.id, at: first.time })).set.set,
      first.set,
    );
    const engine = await other.engine();
    assert.deepEqual(
      (await listSets(engine, {})).map(({ set }) => set),
      [first.set, second.set],
    );
    await engine.destination.close();
  }
  device.state = `${device.state}-lost`;
  await makeTree(from, { c: '3' });
  assert.deepEqual((await device.backup(from)).set!.counter, 3);
});

test('nothing but rubbish: said as what it is, and in the way of no first set', async () => {
  const user = new TestUser();
  const [device, other] = [await world.device(user), await world.device(user)];
  await put(device, `${'c'.repeat(21)}A`, 1);
  await assert.rejects(other.restore(await place(), { device: device.id }), { code: 'ERR_NOT_AUTHENTIC' });
  const engine = await other.engine();
  await assert.rejects(listSets(engine, {}), { code: 'ERR_NOT_AUTHENTIC' });
  await engine.destination.close();
  const from = await place();
  await makeTree(from, { a: '1' });
  assert.equal((await device.backup(from)).set!.counter, 1);
  const into = await place();
  await other.restore(into, { device: device.id });
  await assertSameTree(from, join(into, 'Files'));
});

test('the chain of a first run, and the name of a set that is about to be closed, are taken', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1' });
  let taken: string | undefined;
  device.through = (real) => ({
    ...real,
    putObject: async (name, kind, bytes) => {
      if (kind !== 'manifest') return real.putObject(name, kind, bytes);
      // Faster than the device: the set's id is seen in the names of its segments.
      taken = name;
      await real.putObject(name, kind, utf8('taken'));
      throw new DestinationError('ERR_DESTINATION_UNAVAILABLE', 'the network is gone');
    },
  });
  for (const counter of [1, 2]) {
    await makeTree(from, { changing: `${counter}` });
    await assert.rejects(device.backup(from), { code: 'ERR_DESTINATION_UNAVAILABLE' });
    const taking: TestDevice['through'] = device.through;
    device.through = undefined;
    device.events.length = 0;
    const { set } = await device.backup(from);
    assert.deepEqual([set!.chain, set!.counter], [taken!.split('/')[1], counter]);
    assert.notEqual(set!.set, taken!.slice(-22));
    assert.ok(notices(device).includes('FOREIGN_MANIFEST'));
    const into = await place();
    await device.restore(into);
    await assertSameTree(from, join(into, 'Files'));
    device.through = taking;
  }
});

test('rubbish hides nothing: what is missing below a known head, or in the middle, is found', async () => {
  const { user, device, other, chain, first, second, from } = await twoSets();
  await put(device, chain, 3);
  const hidden = new Set<string>();
  const hiding: TestDevice['through'] = (real) => ({
    ...real,
    async *list(prefix) {
      for await (const object of real.list(prefix)) if (!hidden.has(object.name)) yield object;
    },
    getObject: async (name, limit) => {
      if (hidden.has(name)) throw new DestinationError('ERR_OBJECT_MISSING', `${name} is not there`);
      return real.getObject(name, limit);
    },
  });
  other.through = hiding;
  const nameOf = (counter: number, set: string) => manifestName({ device: device.id, chain }, counter, set);
  // The newest is held back, and rubbish stands above it, or in its place.
  hidden.add(nameOf(2, second.set));
  const restoring = async (): Promise<unknown> => other.restore(await place(), { device: device.id });
  await assert.rejects(restoring, { code: 'ERR_ROLLED_BACK', kind: 'integrity' });
  await put(device, chain, 2);
  await assert.rejects(restoring, { code: 'ERR_NOT_AUTHENTIC', kind: 'integrity' });
  // One below it, which it builds on.
  hidden.clear();
  hidden.add(nameOf(1, first.set));
  await assert.rejects(restoring, { code: 'ERR_GAP', kind: 'integrity' });
  await put(device, chain, 1);
  await assert.rejects(restoring, { code: 'ERR_OBJECT_MISSING', kind: 'integrity' });

  // The device itself: its own newest set has to be there.
  hidden.clear();
  hidden.add(nameOf(2, second.set));
  device.through = hiding;
  await makeTree(from, { c: '3' });
  await assert.rejects(device.backup(from), { code: 'ERR_FORKED', kind: 'integrity' });
  user.heads.length = 0;
  await assert.rejects(device.backup(from), { code: 'ERR_FORKED', kind: 'integrity' });
});

test('two manifests of one counter that both verify are a fork, at the top and in the middle', async () => {
  const { user, device, other, chain, first, second } = await twoSets();
  const { keys, destination } = await device.engine();
  await destination.close();
  const hidden = new Set<string>();
  other.through = (real) => ({
    ...real,
    async *list(prefix) {
      for await (const object of real.list(prefix)) if (!hidden.has(object.name)) yield object;
    },
  });
  for (const { set: genuine, counter } of [second, first]) {
    const jws = Buffer.from(await stored(device, chain, counter, genuine)).toString();
    const payload = JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString());
    const set = id();
    const forged = await keys.sign(MANIFEST_TYP, utf8(JSON.stringify({ ...payload, set })));
    const name = await put(device, chain, counter, utf8(forged), set);
    const forked = { code: 'ERR_FORKED', kind: 'integrity' };
    await assert.rejects(other.restore(await place(), { device: device.id }), forked);
    const heads = user.heads.splice(0);
    await assert.rejects(other.restore(await place(), { device: device.id }), forked);
    user.heads.push(...heads);
    hidden.add(name);
    await other.restore(await place(), { device: device.id });
  }
});

test('pruning removes what is no manifest of the chain', async () => {
  const { device, other, chain, from } = await twoSets();
  await put(device, chain, 1);
  await put(device, chain, 3);
  const engine = await device.engine();
  const state = openState(device.state);
  const catalogue = state.catalogue(engine.destination.label);
  const { head } = await prune(engine, { catalogue, keep: { last: 1 } });
  state.close();
  device.report(head!);
  const names = await Array.fromAsync(engine.destination.list(`${device.id}/${chain}/m/`));
  assert.equal(names.length, 3);
  await engine.destination.close();
  const into = await place();
  await other.restore(into, { device: device.id });
  await assertSameTree(from, join(into, 'Files'));
  assert.deepEqual(notices(other), []);
});

test('more of it than anybody reads: integrity, and what to do', async () => {
  const { device, other, chain } = await twoSets();
  other.through = (real) => ({
    ...real,
    async *list(prefix) {
      yield* real.list(prefix);
      for (let i = 0; i < 1500; i++)
        yield { name: manifestName({ device: device.id, chain }, 3 + i, `${'x'.repeat(21)}A`), size: 1 };
    },
    getObject: async (name, limit) =>
      name.endsWith(`${'x'.repeat(21)}A`) ? utf8('x') : real.getObject(name, limit),
  });
  await assert.rejects(other.restore(await place(), { device: device.id }), {
    code: 'ERR_MANIFEST',
    kind: 'integrity',
    message: /more than 1000 names.*remove/,
  });
});
