/** What verify finds without restoring, and what it says that costs: item by item, index by index (U2, U3). */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  type DatabasePlan,
  listItems,
  restore,
  runBackup,
  type VerifyRequest,
  verify,
} from '../../src/backup/index.ts';
import { showBytes, toBase64Url } from '../../src/lib/bytes.ts';
import { openSource, sourceForInto } from '../../src/sources/index.ts';
import { openState } from '../../src/state/index.ts';
import { makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

async function check(device: TestDevice, request: VerifyRequest = {}) {
  const engine = await device.engine();
  try {
    return await verify(engine, request);
  } finally {
    await engine.destination.close();
  }
}

/** An object of a device: where it lies, and how long it is without what the storage keeps behind it. */
interface Stored {
  readonly path: string;
  readonly size: number;
  /** Of a segment. */
  readonly id?: string;
}

/** What a device has stored, by kind, as the engine reads it. */
async function objects(device: TestDevice): Promise<Record<'m' | 'k' | 'data' | 'index', Stored[]>> {
  const found: Record<'m' | 'k' | 'data' | 'index', Stored[]> = { m: [], k: [], data: [], index: [] };
  const { destination } = await device.engine();
  const files = await readdir(world.storage, { recursive: true });
  for await (const { name, size } of destination.list(`${device.id}/`)) {
    const path = join(world.storage, files.find((file) => file.includes(name))!);
    const [, part] = /\/(m|k|s)\//.exec(name) ?? [];
    if (part === 'm' || part === 'k') found[part].push({ path, size });
    else {
      const { stream, id } = await destination.getSegment(name);
      found[stream].push({ path, size, id: toBase64Url(id) });
    }
  }
  await destination.close();
  return found;
}

/** Alters a byte of an object while something is done. */
async function altered<T>({ path }: Stored, at: number, work: () => Promise<T>): Promise<T> {
  const bytes = await readFile(path);
  const other = Buffer.from(bytes);
  other[Math.floor(at)]! ^= 1;
  await writeFile(path, other);
  try {
    return await work();
  } finally {
    await writeFile(path, bytes);
  }
}

test('a damaged frame costs the items that lie in it: those are named, and no others', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  const files: Record<string, Buffer<ArrayBuffer>> = { large: Buffer.alloc(2_000_000) };
  for (let i = 0; i < 120; i++) files[`file ${i}`] = Buffer.alloc(2000);
  for (const bytes of Object.values(files)) crypto.getRandomValues(bytes.subarray(0, 60_000));
  await makeTree(from, files);
  await device.backup(from);
  const [segment] = (await objects(device)).data;
  for (const part of [0.02, 0.5, 0.95]) {
    await altered(segment!, segment!.size * part, async () => {
      const report = await check(device);
      const named = new Set(report.damage.flatMap(({ item }) => item ?? []));
      const structure = report.damage.filter(({ item }) => item === undefined);
      assert.equal(structure.length, 1);
      assert.match(structure[0]!.object, /^data segment /);
      assert.ok(named.size > 0 && named.size < 121, `${named.size} named`);
      for (const { item, database, object } of report.damage)
        if (item !== undefined) assert.deepEqual([database, object], ['Files', `item ${item} of Files`]);
      // Against the truth: each item restored by itself.
      const engine = await device.engine();
      const into = await place();
      const lost = new Set<string>();
      for await (const { uid } of listItems(engine, {}))
        await restore(engine, {
          items: [uid],
          writerFor: ({ sourceKind }) =>
            sourceForInto(sourceKind, into).writer({ keepBoth: false, dryRun: true }),
        }).catch(() => lost.add(showBytes(uid)));
      await engine.destination.close();
      assert.deepEqual([...named].sort(), [...lost].sort());
    });
  }
  assert.deepEqual((await check(device)).damage, []);
});

test('a damaged index: the database is named by another part of it, by an older set, or its id is given', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1', b: '2' });
  await device.backup(from);
  const [first] = (await objects(device)).index;
  await altered(first!, first!.size * 0.8, async () => {
    const { damage, items, segments } = await check(device);
    assert.deepEqual([items, segments], [0, 2]);
    assert.match(damage[0]!.object, /^index segment /);
    assert.match(
      damage[1]!.object,
      /^index of a database whose name cannot be read \([\w-]{22}\): none of its items/,
    );
    assert.equal(damage.length, 2);
  });
  await writeFile(join(from, 'c'), '3');
  await device.backup(from);
  const second = (await objects(device)).index.find(({ id }) => id !== first!.id)!;
  for (const object of [first!, second])
    await altered(object, object.size * 0.8, async () => {
      const { damage } = await check(device);
      const index = damage.find(({ object }) => object.startsWith('index of'))!;
      assert.equal(index.object, 'index of Files: none of its items');
      assert.equal(index.database, 'Files');
    });
  // A new full index: what an older set wrote under the same id still tells the name.
  await device.backup(from, { full: true });
  const known = [first!.id, second.id];
  const full = (await objects(device)).index.find(({ id }) => !known.includes(id))!;
  await altered(full, full.size * 0.8, async () => {
    const { damage } = await check(device);
    assert.ok(damage.some(({ object }) => object === 'index of Files: none of its items'));
  });
});

test('an index that breaks off in the middle: what comes after is lost, what came before is checked', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(
    from,
    Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`${'long name '.repeat(9)}${i}`, `${i}`])),
  );
  const real = await device.engine();
  // Small segments, as over a small transport: the index is in several.
  const engine = { ...real, destination: { ...real.destination, segmentLimit: 64 * 1024 } };
  const state = openState(device.state);
  const source = openSource({ kind: 'folder', path: from });
  const plan: DatabasePlan = {
    ...{ database: 'Files', label: 'home', source },
    classify: () => 'personal',
    rules: () => device.rule,
  };
  await runBackup(engine, { catalogue: state.catalogue('here'), plans: [plan], policy: 1 });
  state.close();
  const { index } = await objects(device);
  assert.ok(index.length > 2, `${index.length} segments of index`);
  const listed: string[] = [];
  for await (const { uid } of listItems(real, {})) listed.push(showBytes(uid));
  // In the order of the index: the head with the tables comes first.
  const order = await inOrder(device, index);
  await altered(order.at(-1)!, order.at(-1)!.size * 0.8, async () => {
    const { damage, items, listed: found } = await verify(real, {});
    const broken = damage.find(({ object }) => object.startsWith('index of'))!;
    const [, last] = /^index of Files: items after (.*)$/.exec(broken.object) ?? [];
    assert.ok(last !== undefined && listed.includes(last), broken.object);
    assert.equal(found, listed.indexOf(last) + 1);
    assert.ok(items === found && found > 0 && found < listed.length, `${items} of ${found}`);
  });
  await real.destination.close();
});

/** Index segments as the manifest lists them. */
async function inOrder(device: TestDevice, segments: readonly Stored[]): Promise<Stored[]> {
  const [manifest] = (await objects(device)).m;
  const [, payload] = (await readFile(manifest!.path, 'utf8')).split('.');
  const { databases } = JSON.parse(Buffer.from(payload!, 'base64url').toString());
  const listed: { stream: string; id: string }[] = databases[0].segments;
  return listed
    .filter(({ stream }) => stream === 'index')
    .map(({ id }) => segments.find((segment) => segment.id === id)!);
}

test('without keys: an envelope or a segment that is another one is found; no item is opened', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1' });
  await device.backup(from);
  const { k, data } = await objects(device);
  device.user.key = crypto.getRandomValues(new Uint8Array(32));
  const structure = () => check(device, { structureOnly: true });
  const sound = await structure();
  assert.deepEqual([sound.damage, sound.items, sound.segments], [[], 0, 2]);
  await assert.rejects(check(device), { code: 'ERR_NO_KEY' });
  for (const [object, noun] of [
    [k[0]!, /^envelope /],
    [data[0]!, /^data segment /],
  ] as const)
    await altered(object, object.size * 0.8, async () => {
      const { damage } = await structure();
      assert.deepEqual(damage.length, 1);
      assert.match(damage[0]!.object, noun);
    });
});

test('a sample: a share of the items by a seed, some of each database, the structure complete', async () => {
  const device = await world.device(new TestUser());
  const [from, few] = [await place(), await place()];
  await makeTree(from, Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`file ${i}`, `${i}`])));
  await makeTree(few, { only: 'one' });
  await device.backup(from);
  await device.backup(few, { database: 'Few' });
  const all = await check(device);
  assert.deepEqual([all.items, all.listed, all.sample], [1201, 1201, undefined]);

  const sampled = (share: number, seed?: string) =>
    check(device, { sample: { share, ...(seed && { seed }) } });
  const counts = new Set<number>();
  for (const seed of ['a', 'b', 'c', 'd']) {
    const one = await sampled(0.3, seed);
    const again = await sampled(0.3, seed);
    assert.deepEqual([again.items, again.bytes], [one.items, one.bytes], 'the same seed, the same items');
    assert.deepEqual([one.listed, one.segments, one.sample], [1201, all.segments, { share: 0.3, seed }]);
    assert.ok(one.items > 1 && one.items < 1201, `${one.items}`);
    counts.add(one.bytes);
  }
  assert.ok(counts.size > 2, 'other seeds, other items');
  // At least a window of the one database, and all of the other.
  const least = await sampled(0.000001, 'x');
  assert.equal(least.items, 201);
  assert.equal((await sampled(1)).items, 1201);
  const drawn = [await sampled(0.5), await sampled(0.5)].map(({ sample }) => sample!.seed);
  assert.notEqual(drawn[0], drawn[1]);

  // Damage in what a sample does not open is still found by the structure; in what it opens, the item is named.
  const [segment] = (await objects(device)).data.sort((a, b) => b.size - a.size);
  await altered(segment!, segment!.size / 2, async () => {
    const damage = await Promise.all(['a', 'b', 'c'].map(async (seed) => (await sampled(0.3, seed)).damage));
    for (const one of damage) assert.match(one[0]!.object, /^data segment /);
    assert.ok(damage.some((one) => one.length > 1));
    const { damage: whole } = await check(device);
    for (const one of damage) assert.ok(one.length <= whole.length);
  });
});
