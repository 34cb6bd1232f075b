/** A backup file through the engine (B10, B11, B13, B14): whole, broken off, altered, another user's, unencrypted. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listItems, listSets, verify } from '../../src/backup/index.ts';
import { openIpdFile } from '../../src/destinations/ipd-file/index.ts';
import { BaseError } from '../../src/lib/errors.ts';
import { pick, seeded, writeLarge } from '../world/data.ts';
import { backupToFile, FILE_RULE, PLAIN, restoreFromFile } from './file-kit.ts';
import { assertSameTree, describeTree, makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
let count = 0;
const place = (): string => join(world.directory, `place-${count++}`);

const user = new TestUser();
let device: TestDevice;
let notes: string;
let photos: string;
/** 30 MB in two databases, with checkpoints. */
let large: string;
const databases = () => [
  { name: 'Memos', path: notes },
  { name: 'Fotos für Zoë', path: photos },
];

before(async () => {
  device = await world.device(user);
  [notes, photos, large] = [place(), place(), `${place()}.ipd`];
  const random = seeded(7);
  await makeTree(
    notes,
    Object.fromEntries(
      Array.from({ length: 1000 }, (_, n) => [`${n % 50}/note ${n}`, `${n} `.repeat(pick(random, 2700))]),
    ),
  );
  await mkdir(photos);
  for (let n = 0; n < 40; n++) writeLarge(join(photos, `p${n}`), pick(random, 500_000), n);
  writeLarge(join(photos, 'film'), 13_000_000, 99);
  await makeTree(photos, { empty: '', 'z/last': 'the end' });
  const checkpoints: number[] = [];
  const report = await backupToFile(device, large, databases(), {
    onCheckpoint: () => checkpoints.push(1),
  });
  assert.ok(checkpoints.length >= 2, `${checkpoints.length} checkpoints`);
  assert.deepEqual([report.leftOut, report.set?.counter], [[], 1]);
});

test('everything comes back; a plain IPD reader lists the names and counts the frames', async () => {
  const into = place();
  const report = await restoreFromFile(device, large, into);
  assert.equal(report.set.unfinished, undefined);
  await assertSameTree(notes, join(into, 'Memos'));
  await assertSameTree(photos, join(into, 'Fotos für Zoë'));
  const file = await openIpdFile(large);
  const engine = { ...(await device.engine()), destination: file };
  assert.deepEqual(
    file.databases.map(({ name }) => name),
    ['Memos', 'Fotos für Zoë', 'Holdfast'],
  );
  // Each item by itself, but for those without bytes (directories, empty files).
  const [memos] = file.databases;
  const rows = await Array.fromAsync(listItems(engine, { databases: ['Memos'] }));
  assert.equal(memos?.records, rows.filter(({ size }) => size > 0).length);
  assert.equal((await listSets(engine, {})).length, 1);
  const verified = await verify(engine, {});
  assert.deepEqual(verified.damage, []);
  assert.ok(verified.items > 1000);
  await file.close();
});

test('one item of many; the same again changes nothing', async () => {
  const into = place();
  const uid = new TextEncoder().encode('film');
  const one = await restoreFromFile(device, large, into, { items: [uid] });
  assert.deepEqual(await readdir(into), ['Fotos für Zoë']);
  assert.equal(
    one.databases.reduce((sum, { added }) => sum + added, 0),
    1,
  );
  const again = await restoreFromFile(device, large, into);
  assert.equal(again.databases.find(({ database }) => database !== 'Memos')?.kept, 1);
  assert.equal(
    (await restoreFromFile(device, large, into)).databases.reduce((n, { added }) => n + added, 0),
    0,
  );
});

test('broken off anywhere, a file is usable up to its last checkpoint', async () => {
  const original = new Map(
    await Promise.all(databases().map(async ({ name, path }) => [name, await describeTree(path)] as const)),
  );
  const { size } = await stat(large);
  const random = seeded(11);
  let most = 0;
  const cuts = [...Array.from({ length: 5 }, () => pick(random, size)), size - 1].sort((a, b) => a - b);
  for (const cut of cuts) {
    const [path, into] = [`${place()}.ipd`, place()];
    await copyFile(large, path);
    await truncate(path, cut);
    const file = await openIpdFile(path).catch((error: BaseError) => error);
    if (file instanceof BaseError) continue;
    await file.close();
    if (file.ending === 'none') {
      assert.ok(cut < 10_000_000, `${cut} bytes without a checkpoint`);
      await assert.rejects(restoreFromFile(device, path, into), { code: 'ERR_NO_SETS' });
      continue;
    }
    const report = await restoreFromFile(device, path, into);
    assert.equal(report.set.unfinished, true);
    let bytes = 0;
    for (const name of await readdir(into))
      for (const [item, is] of await describeTree(join(into, name))) {
        if (is.startsWith('directory')) continue;
        assert.equal(is, original.get(name)?.get(item), `${name}/${item}, cut at ${cut}`);
        bytes += Number(is.split(' ')[3]);
      }
    assert.ok(bytes >= most, `less in ${cut} bytes than before`);
    most = bytes;
  }
  // The very last cut costs the manifest and nothing else.
  assert.equal(
    most,
    [...original.values()]
      .flatMap((tree) => [...tree.values()])
      .filter((is) => is.startsWith('file'))
      .reduce((sum, is) => sum + Number(is.split(' ')[3]), 0),
  );
});

test('an altered byte gives exit 6 or costs nothing, never other data', async () => {
  const small = `${place()}.ipd`;
  const tree = place();
  await makeTree(tree, { a: 'x'.repeat(3000), b: 'y'.repeat(70_000), c: 'z' });
  await backupToFile(device, small, [{ name: 'Memos', path: tree }]);
  const { size } = await stat(small);
  const random = seeded(5);
  const outcomes = new Set<string>();
  for (let n = 0; n < 60; n++) {
    const [path, into] = [`${place()}.ipd`, place()];
    await copyFile(small, path);
    const handle = await open(path, 'r+');
    const at = pick(random, size);
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Buffer.from([buffer[0]! ^ (1 << pick(random, 8))]), 0, 1, at);
    await handle.close();
    try {
      await restoreFromFile(device, path, into);
      await assertSameTree(tree, join(into, 'Memos'));
      outcomes.add('nothing lost');
    } catch (error) {
      assert.ok(error instanceof BaseError, String(error));
      // Labels belong to nobody: without the manifest's there is no set, with another device's it is not ours.
      const label = ['ERR_NO_SETS', 'ERR_NOT_YOURS'].includes(error.code);
      assert.ok(error.kind === 'integrity' || label, `byte ${at}: ${error.code} ${error.message}`);
      assert.deepEqual(await readdir(into).catch(() => []), [], `byte ${at}`);
      outcomes.add(error.kind);
    }
  }
  assert.ok(outcomes.has('integrity'));
});

test('another user is told whose it is not; a known head is compared; an ended device counts as far as reported', async () => {
  const stranger = await world.device(new TestUser());
  await assert.rejects(restoreFromFile(stranger, large, place()), { code: 'ERR_NOT_YOURS', kind: 'no-key' });

  const own = new TestUser();
  const [phone, other] = [await world.device(own), await world.device(own)];
  const [one, two] = [`${place()}.ipd`, `${place()}.ipd`];
  const tree = place();
  await makeTree(tree, { a: '1' });
  const { set } = await backupToFile(phone, one, [{ name: 'Memos', path: tree }]);
  await backupToFile(phone, two, [{ name: 'Memos', path: tree }]);
  const head = { device: phone.id, chain: set!.chain, counter: 1, hash: set!.hash, time: set!.time };
  own.heads.push(head);
  assert.deepEqual((await restoreFromFile(other, one, place())).freshness.kind, 'known');
  assert.deepEqual((await restoreFromFile(other, two, place())).freshness.kind, 'unknown');
  own.ended.add(phone.id);
  await restoreFromFile(other, one, place());
  await assert.rejects(restoreFromFile(other, two, place()), { code: 'ERR_NO_SETS' });
  own.heads.splice(0, 1, { ...head, hash: 'A'.repeat(43) });
  await assert.rejects(restoreFromFile(other, one, place()), { code: 'ERR_FORKED', kind: 'integrity' });
});

test('a checkpoint of an ended device does not count', async () => {
  const path = `${place()}.ipd`;
  await copyFile(large, path);
  await truncate(path, (await stat(path)).size - 1);
  assert.equal((await restoreFromFile(device, path, place())).set.unfinished, true);
  user.ended.add(device.id);
  try {
    await assert.rejects(restoreFromFile(device, path, place()), { code: 'ERR_NO_SETS' });
  } finally {
    user.ended.delete(device.id);
  }
});

test('a file that is there stays, unless it is to be replaced', async () => {
  const path = `${place()}.ipd`;
  const tree = place();
  await makeTree(tree, { a: '1' });
  await writeFile(path, 'mine');
  const from = [{ name: 'Memos', path: tree }];
  await assert.rejects(backupToFile(device, path, from), { code: 'ERR_FILE_EXISTS', kind: 'usage' });
  assert.equal(await readFile(path, 'utf8'), 'mine');
  await backupToFile(device, path, from, { replace: true });
  assert.equal((await restoreFromFile(device, path, place())).databases[0]?.added, 1);
});

test('unencrypted databases: in the file as they are, restored as the policy says', async () => {
  const path = `${place()}.ipd`;
  const [games, secret] = [place(), place()];
  await makeTree(games, { score: 'highest score: 4711', more: 'm'.repeat(200_000) });
  await makeTree(secret, { diary: 'nobody is to read this' });
  await backupToFile(device, path, [
    { name: 'Games', path: games, rule: { ...PLAIN, compress: 'off' } },
    { name: 'Memos', path: secret, rule: { ...FILE_RULE, compress: 'off' } },
    { name: 'Kept', path: secret, rule: { ...PLAIN, plain: 'skip' } },
  ]);
  const bytes = await readFile(path, 'latin1');
  assert.ok(bytes.includes('highest score: 4711'));
  assert.ok(!bytes.includes('nobody is to read this'));

  const into = place();
  const rule = (value: 'accept' | 'refuse-database' | 'refuse-file' | 'end') => ({
    unencrypted: { value, policy: 'sales' },
  });
  await restoreFromFile(device, path, into, rule('accept'));
  assert.deepEqual((await readdir(into)).sort(), ['Games', 'Memos']);
  await assertSameTree(games, join(into, 'Games'));

  const without = place();
  const { leftOut } = await restoreFromFile(device, path, without, rule('refuse-database'));
  assert.deepEqual(await readdir(without), ['Memos']);
  assert.deepEqual(
    leftOut.map(({ database, code, policy }) => [database, code, policy]),
    [['Games', 'ERR_UNENCRYPTED', 'sales']],
  );

  const refused = { code: 'ERR_UNENCRYPTED', kind: 'refused', message: /policy sales/ };
  const nothing = place();
  for (const request of [
    rule('refuse-file'),
    { ...rule('refuse-file'), databases: ['Memos'] },
    rule('end'),
    { ...rule('refuse-database'), databases: ['Games'] },
  ])
    await assert.rejects(restoreFromFile(device, path, nothing, request), refused);
  // Without a rule it is as strict as without a policy.
  await assert.rejects(restoreFromFile(device, path, nothing), { code: 'ERR_UNENCRYPTED' });
  assert.deepEqual(await readdir(nothing), []);
  await restoreFromFile(device, path, nothing, { ...rule('end'), databases: ['Memos'] });
  assert.deepEqual(await readdir(nothing), ['Memos']);
});

test('an altered byte of an unencrypted database is noticed', async () => {
  const path = `${place()}.ipd`;
  const tree = place();
  await makeTree(tree, { score: 'highest score: 4711' });
  await backupToFile(device, path, [{ name: 'Games', path: tree, rule: { ...PLAIN, compress: 'off' } }]);
  const bytes = await readFile(path);
  const at = bytes.indexOf('4711');
  bytes[at] = 0x39;
  await writeFile(path, bytes);
  const into = place();
  const restored = restoreFromFile(device, path, into, { unencrypted: { value: 'accept', policy: 'sales' } });
  await assert.rejects(restored, { code: 'ERR_SEGMENT', kind: 'integrity' });
  assert.deepEqual(await readdir(into), []);
});

test('a storage area holds neither unencrypted databases nor checkpoints: 6', async () => {
  const tree = place();
  await makeTree(tree, { a: '1' });
  const phone = await world.device(new TestUser());
  phone.rule = PLAIN;
  assert.deepEqual((await phone.backup(tree)).databases, []);

  const plain = `${place()}.ipd`;
  const carrier = await world.device(new TestUser());
  await backupToFile(carrier, plain, [{ name: 'Memos', path: tree, rule: PLAIN }]);
  await carryIntoArea(carrier, plain);
  await assert.rejects(carrier.restore(place(), { unencrypted: { value: 'accept', policy: 'sales' } }), {
    code: 'ERR_MANIFEST',
    kind: 'integrity',
    message: /unencrypted/,
  });
  const broken = `${place()}.ipd`;
  await copyFile(large, broken);
  await truncate(broken, (await stat(broken)).size - 1);
  await carryIntoArea(device, broken);
  await assert.rejects(device.restore(place()), { code: 'ERR_MANIFEST', message: /checkpoint/ });
});

/** Everything in a file as objects of the storage area, under the same names. */
async function carryIntoArea(carrier: TestDevice, path: string): Promise<void> {
  const [file, { destination }] = [await openIpdFile(path), await carrier.engine()];
  for await (const { name, size } of file.list(''))
    if (name.includes('/s/')) await destination.putSegment(name, await file.getSegment(name));
    else await destination.putObject(name, 'manifest', await file.getObject(name, size));
  await Promise.all([file.close(), destination.close()]);
}
