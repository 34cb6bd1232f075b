import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { destinationContract, makeSegment } from '../../../test/contracts/destination.ts';
import {
  create,
  DATABASES,
  id,
  makeSet,
  nameOf,
  putAll,
  random,
  temporaryFolder,
} from '../../../test/ipd-file-kit.ts';
import { fromHex, toBase64Url } from '../../lib/bytes.ts';
import { createIpdFile, type IpdFile, openIpdFile, partialOf } from './index.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let files = 0;
const newPath = (): string => join(folder.path, `${files++}.ipd`);

before(async () => {
  folder = await temporaryFolder();
});
after(() => folder[Symbol.asyncDispose]());

destinationContract(
  'a backup file',
  async () => {
    const path = newPath();
    const destination = await create(path);
    return { destination, reopen: () => openIpdFile(partialOf(path)), close: () => destination.close() };
  },
  { removes: false },
);

const vectors = new URL('../../../test/vectors/ipd/', import.meta.url).pathname;

/** Another reader of the plain format, so that not only ours finds the databases and their records. */
function plainCounts(bytes: Buffer): Record<string, number> {
  assert.equal(bytes.toString('latin1', 0, 37), 'Inter@ctive Pager Backup/Restore File');
  const names: string[] = [];
  let at = 42;
  for (let left = bytes.readUInt16BE(39); left > 0; left--) {
    const length = bytes.readUInt16LE(at);
    names.push(bytes.toString('utf8', at + 2, at + 1 + length));
    at += 2 + length;
  }
  const counts = Object.fromEntries(names.map((name) => [name, 0]));
  while (at < bytes.length) {
    const end = at + 6 + bytes.readUInt32LE(at + 2);
    let field = at + 13;
    while (field < end) field += 3 + bytes.readUInt16LE(field);
    assert.equal(field, end);
    counts[names[bytes.readUInt16LE(at)]!]!++;
    at = end;
  }
  assert.equal(at, bytes.length);
  return counts;
}

describe('a backup file', () => {
  test('a plain IPD reader finds each database with one record per frame', async () => {
    const path = newPath();
    const file = await create(path);
    const expected: Record<string, number> = Object.fromEntries(DATABASES.map((name) => [name, 0]));
    let own = 0;
    for (const put of makeSet({ frames: [70_000, 1, 65_535, 65_536] })) {
      if (put.kind !== 'segment') await file.putObject(put.name, put.kind, put.bytes);
      else {
        await file.putSegment(put.name, put.segment);
        if (put.segment.stream === 'data') expected[nameOf(toBase64Url(put.segment.database))]! += 4;
        else own += 4;
      }
      own++;
    }
    await file.close();
    assert.deepEqual(plainCounts(await readFile(path)), { ...expected, Holdfast: own });
    const opened = await openIpdFile(path);
    const listed = opened.databases.map(({ name, records }) => [name, records]);
    assert.deepEqual(Object.fromEntries(listed), { ...expected, Holdfast: own });
    await opened.close();
  });

  test('frames and objects longer than a field come back, whole and by range', async () => {
    const path = newPath();
    const file = await create(path);
    const frame = random(200_000);
    const { segment, name } = makeSegment([10]);
    const large = { ...segment, frames: [segment.frames[0]!, frame] };
    const { offsets } = await file.putSegment(name, large);
    const manifest = random(3_000_000);
    await file.putObject('D/C/m/0000000001-X', 'manifest', manifest);
    await file.close();
    const opened = await openIpdFile(path);
    assert.deepEqual(await opened.getSegment(name), large);
    assert.deepEqual(await opened.getObject('D/C/m/0000000001-X', 3_000_000), manifest);
    for (const [from, to] of [
      [65_530, 65_540],
      [0, 200_000],
      [131_070, 131_071],
      [131_069, 131_070],
      [199_999, 200_000],
      [7, 7],
    ] as const) {
      const range = { name, offset: offsets[1]! + from, length: to - from };
      assert.deepEqual(await opened.getRange(range), frame.slice(from, to));
    }
    await opened.close();
  });

  test('it grows as it is made, and what was put is in the file at once', async () => {
    const path = newPath();
    const file = await create(path);
    let size = (await stat(partialOf(path))).size;
    for (const put of makeSet()) {
      await putAll(file, [put]);
      const grown = (await stat(partialOf(path))).size;
      assert.ok(grown > size);
      size = grown;
    }
    await file.close();
    assert.equal((await stat(path)).size, size);
  });

  test('of checkpoints the last counts, and the manifest takes their place', async () => {
    const path = newPath();
    const file = await create(path);
    const name = `${id()}/${id()}/m/0000000001-${id()}`;
    const [first, second, manifest] = [random(100), random(90), random(80)];
    const seen = async (): Promise<[string, Uint8Array]> => {
      const opened = await openIpdFile(partialOf(path));
      assert.deepEqual(await Array.fromAsync(opened.list('')), await Array.fromAsync(file.list('')));
      const bytes = await opened.getObject(name, 100);
      assert.deepEqual(await file.getObject(name, 100), bytes);
      await opened.close();
      return [opened.ending, bytes];
    };
    await file.putObject(name, 'checkpoint', first);
    assert.deepEqual(await seen(), ['checkpoint', first]);
    await file.putObject(name, 'checkpoint', second);
    await file.putObject(name, 'checkpoint', second);
    assert.deepEqual(await seen(), ['checkpoint', second]);
    await assert.rejects(file.finish(), { code: 'ERR_FILE_INCOMPLETE' });
    await file.putObject(name, 'manifest', manifest);
    assert.deepEqual(await seen(), ['manifest', manifest]);
    for (const kind of ['checkpoint', 'manifest', 'envelope'] as const)
      await assert.rejects(file.putObject(name, kind, first), { code: 'ERR_OBJECT_CONFLICT' });
    await file.close();
  });

  test('what is put at the same time lies side by side', async () => {
    const path = newPath();
    const file = await create(path);
    const puts = makeSet({ checkpoints: 5, frames: [60_000, 60_000] });
    await Promise.all(puts.map((put) => putAll(file, [put])));
    await file.close();
    const opened = await openIpdFile(path);
    for (const put of puts)
      if (put.kind === 'segment') assert.deepEqual(await opened.getSegment(put.name), put.segment);
    await opened.close();
  });

  test('what does not belong into it is refused, and leaves it as it was', async () => {
    const path = newPath();
    const unnamed = await createIpdFile({ path, databases: ['Memos'], nameOf: () => undefined });
    const other = await createIpdFile({ path: newPath(), databases: ['Memos'], nameOf: () => 'Tasks' });
    const file = await create(newPath());
    const { segment, name } = makeSegment([10, 20]);
    const size = (await stat(partialOf(path))).size;
    const refused = (one: IpdFile, at: string, code: string, changed = {}): Promise<void> =>
      assert.rejects(one.putSegment(at, { ...segment, ...changed }), { code });
    await refused(unnamed, name, 'ERR_FILE_DATABASE');
    await refused(other, name, 'ERR_FILE_DATABASE');
    await refused(file, `${name}x`, 'ERR_OBJECT_MALFORMED');
    await refused(file, makeSegment([1]).name, 'ERR_OBJECT_MALFORMED');
    await refused(file, name, 'ERR_OBJECT_MALFORMED', { frames: [] });
    await refused(file, name, 'ERR_OBJECT_MALFORMED', { frames: [new Uint8Array()] });
    for (const wrong of ['', '../x', 'a//b', '/a', 'a/', 'a b', 'ä', 'x'.repeat(513), 'a\0'])
      await assert.rejects(file.putObject(wrong, 'envelope', random(5)), { code: 'ERR_OBJECT_MALFORMED' });
    assert.equal((await stat(partialOf(path))).size, size);
    await file.putSegment(name, segment);
    await assert.rejects(file.remove([name]), { code: 'ERR_FILE_UNCHANGEABLE' });
    await file.remove(['D/gone']);
    assert.deepEqual(await file.getSegment(name), segment);
    for (const one of [unnamed, other, file]) await one.close();
  });

  test('names that no IPD file can have are refused before anything is written', async () => {
    const path = newPath();
    for (const databases of [
      ['a', 'b', 'a'],
      [''],
      ['a\0b'],
      ['ä'.repeat(600)],
      Array.from({ length: 65_535 }, (_, i) => `${i}`),
    ])
      await assert.rejects(createIpdFile({ path, databases, nameOf }), {
        code: 'ERR_FILE_NAMES',
        kind: 'usage',
      });
    assert.ok(!readdirSync(folder.path).some((name) => join(folder.path, name).startsWith(path)));
    const file = await createIpdFile({ path, databases: ['Holdfast'], nameOf: () => 'Holdfast' });
    const { segment, name } = makeSegment([10, 20]);
    await file.putSegment(name, segment);
    await file.putObject('D/C/m/0000000001-X', 'manifest', random(10));
    await file.close();
    const opened = await openIpdFile(path);
    assert.deepEqual(await opened.getSegment(name), segment);
    assert.deepEqual(opened.databases, [
      { name: 'Holdfast', records: 2 },
      { name: 'Holdfast', records: 2 },
    ]);
    await opened.close();
  });

  test('a finished file is not changed', async () => {
    const path = newPath();
    const file = await create(path);
    await putAll(file, makeSet());
    await file.finish();
    await file.finish();
    const { segment, name } = makeSegment([1]);
    const unchangeable = { code: 'ERR_FILE_UNCHANGEABLE', kind: 'usage' };
    await assert.rejects(file.putSegment(name, segment), unchangeable);
    await assert.rejects(file.putObject('a/b', 'envelope', random(1)), unchangeable);
    await file.close();
    await file.close();
    const opened = await openIpdFile(path);
    await assert.rejects(opened.putSegment(name, segment), unchangeable);
    await assert.rejects(opened.putObject('a/b', 'envelope', random(1)), unchangeable);
    await assert.rejects(opened.remove(['a/b']), unchangeable);
    await opened.close();
  });
});

describe('the example of the format', () => {
  type Shown =
    | {
        kind: 'segment';
        set: string;
        database: string;
        stream: 'data' | 'index';
        id: string;
        salt: string;
        frames: string[];
      }
    | { kind: 'envelope' | 'checkpoint' | 'manifest'; bytes: string };
  const objects: Record<string, Shown> = JSON.parse(readFileSync(`${vectors}holdfast.objects.json`, 'utf8'));
  const segmentOf = ({ set, database, stream, id, salt, frames }: Shown & { kind: 'segment' }) => ({
    ...{ set: fromHex(set), database: fromHex(database), stream, id: fromHex(id), salt: fromHex(salt) },
    frames: frames.map(fromHex),
  });

  test('its objects are found', async () => {
    const path = newPath();
    await copyFile(`${vectors}holdfast.ipd`, path);
    const opened = await openIpdFile(path);
    assert.equal(opened.ending, 'manifest');
    assert.deepEqual(
      (await Array.fromAsync(opened.list(''))).map(({ name }) => name),
      Object.keys(objects).sort(),
    );
    for (const [name, object] of Object.entries(objects))
      if (object.kind === 'segment') assert.deepEqual(await opened.getSegment(name), segmentOf(object));
      else assert.deepEqual(await opened.getObject(name, 100), fromHex(object.bytes));
    await opened.close();
  });

  test('put in the same order, the objects give the same bytes', async () => {
    const path = newPath();
    const file = await createIpdFile({
      path,
      databases: ['Address Book', 'Memos'],
      nameOf: () => 'Address Book',
    });
    for (const [name, object] of Object.entries(objects)) {
      if (object.kind === 'segment') await file.putSegment(name, segmentOf(object));
      else {
        if (object.kind === 'manifest') await file.putObject(name, 'checkpoint', Buffer.from('checkpoint'));
        await file.putObject(name, object.kind, fromHex(object.bytes));
      }
    }
    await file.close();
    assert.deepEqual(await readFile(path), readFileSync(`${vectors}holdfast.ipd`));
  });

  test('the page shows these bytes', () => {
    const page = readFileSync(new URL('../../../docs/format/backup-file.md', import.meta.url), 'utf8');
    const block = /<!-- holdfast\.ipd -->\n```text\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const shown = block
      .split('\n')
      .map((line) => /^\d{4} {2}((?:[0-9a-f]{2} )+)/.exec(`${line} `)?.[1] ?? '');
    assert.equal(shown.join('').replaceAll(' ', ''), readFileSync(`${vectors}holdfast.ipd`).toString('hex'));
  });
});
