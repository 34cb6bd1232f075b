import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import {
  assertOnlyPut,
  create,
  makeSet,
  type Put,
  putAll,
  random,
  temporaryFolder,
} from '../../../test/ipd-file-kit.ts';
import { encodeIpd, type IpdPart, IpdReader } from '../../formats/ipd/index.ts';
import { concat, utf8 } from '../../lib/bytes.ts';
import { openIpdFile, partialOf } from './index.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let path: string;
const puts = makeSet();
let whole: Uint8Array;
/** Where each put's last byte lies, in the order of puts. */
const ends: number[] = [];

before(async () => {
  folder = await temporaryFolder();
  path = join(folder.path, 'broken.ipd');
  const file = await create(join(folder.path, 'whole.ipd'));
  for (const put of puts) {
    await putAll(file, [put]);
    ends.push((await stat(partialOf(join(folder.path, 'whole.ipd')))).size);
  }
  await file.close();
  whole = new Uint8Array(await readFile(join(folder.path, 'whole.ipd')));
});
after(() => folder[Symbol.asyncDispose]());

const parts = (bytes: Uint8Array): IpdPart[] => {
  const reader = new IpdReader();
  return [...reader.push(bytes), ...reader.end()];
};

/** Opens a file of these bytes. @returns how many objects it has, or the code that refuses it */
async function open(bytes: Uint8Array): Promise<[objects: number, ending: string] | 'refused'> {
  await writeFile(path, bytes);
  const file = await openIpdFile(path).catch((error) => {
    assert.match(error.code, /^ERR_FILE_NOT_BACKUP$/);
    return undefined;
  });
  if (!file) return 'refused';
  try {
    return [await assertOnlyPut(file, puts), file.ending];
  } finally {
    await file.close();
  }
}

/** What has to be there when `length` bytes are: every object that was put whole, the newest checkpoint or manifest. */
function expectedAt(length: number): [number, string] {
  const there = puts.filter((_, i) => ends[i]! <= length);
  const last = there.findLast(({ kind }) => kind === 'checkpoint' || kind === 'manifest');
  return [new Set(there.map(({ name }) => name)).size, last?.kind ?? 'none'];
}

describe('a backup file that broke off', () => {
  test('at the end of any record: all that was put before is there, and no piece of more', async () => {
    let at = 0;
    for (const part of parts(whole)) {
      at += encodeIpd(part).length;
      assert.deepEqual(await open(whole.subarray(0, at)), expectedAt(at));
    }
    assert.equal(at, whole.length);
  });

  test('at any byte of the header: refused', async () => {
    const header = encodeIpd(parts(whole)[0]!).length;
    for (let length = 0; length < header; length++)
      assert.equal(await open(whole.subarray(0, length)), 'refused');
  });

  test('at any other byte', async () => {
    const header = encodeIpd(parts(whole)[0]!).length;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: header, max: whole.length }), async (length) => {
        assert.deepEqual(await open(whole.subarray(0, length)), expectedAt(length));
      }),
      { numRuns: 100 },
    );
  });

  test('by a crash that left zeros or noise behind what was synced', async () => {
    for (const end of [ends[4]!, ends[4]! + 1, ends[4]! + 20])
      for (const noise of [new Uint8Array(5000), random(5000)])
        assert.deepEqual(await open(concat(whole.subarray(0, end), noise)), expectedAt(end));
  });

  test('in a process that is killed: usable up to what it had put', async () => {
    const target = join(folder.path, 'killed.ipd');
    const program = `
      const { createIpdFile } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
      const file = await createIpdFile({ path: process.argv[1], databases: ['Memos'], nameOf: () => 'Memos' });
      for (let i = 0; ; i++) {
        const id = new Uint8Array(8).fill(i);
        const set = new Uint8Array(16);
        const frames = Array.from({ length: 3 }, () => new Uint8Array(20_000).fill(i));
        const name = 'D/C/s/' + set.toBase64({ alphabet: 'base64url', omitPadding: true })
          + '/' + id.toBase64({ alphabet: 'base64url', omitPadding: true });
        await file.putSegment(name, { set, database: set, stream: 'data', id, salt: set, frames });
        await file.putObject('D/C/m/0000000001-X', 'checkpoint', new Uint8Array(100).fill(i));
        console.log(i);
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, target]);
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    const exit = new Promise((resolve) => child.on('exit', resolve));
    while (said.split('\n').length < 6) {
      assert.equal(child.exitCode, null);
      await setTimeout(5);
    }
    child.kill('SIGKILL');
    await exit;
    const confirmed = Number(said.trim().split('\n').at(-1));
    await assert.rejects(openIpdFile(target), { code: 'ERR_FILE_MISSING', message: /last checkpoint/ });
    const file = await openIpdFile(partialOf(target));
    const last = (await file.getObject('D/C/m/0000000001-X', 100))[0]!;
    assert.equal(file.ending, 'checkpoint');
    assert.ok(last >= confirmed);
    const segments = (await Array.fromAsync(file.list('D/C/s/'))).length;
    assert.ok(segments > last, 'every segment before the checkpoint is there');
    for (const { name } of await Array.fromAsync(file.list('D/C/s/'))) {
      const { id, frames } = await file.getSegment(name);
      assert.ok(frames.length === 3 && frames.every((frame) => frame.every((byte) => byte === id[0])));
    }
    await file.close();
  });
});

describe('a hostile backup file', () => {
  const altered = async (bytes: Uint8Array): Promise<void> => {
    await writeFile(path, bytes);
    const file = await openIpdFile(path).catch((error) => {
      assert.match(error.code, /^ERR_FILE_NOT_BACKUP$/);
      return undefined;
    });
    if (!file) return;
    let total = 0;
    for await (const { name, size } of file.list('')) {
      assert.match(name, /^[\w/-]{1,512}$/);
      total += size;
      const read = name.includes('/s/') ? file.getSegment(name) : file.getObject(name, size);
      await read.catch((error) => assert.match(error.code, /^ERR_OBJECT_/));
    }
    assert.ok(total <= bytes.length);
    await file.close();
  };

  test('altered anywhere, it gives objects of its own bytes or refuses by a code', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.nat(0xff)), { minLength: 1, maxLength: 5 }),
        async (changes) => {
          const bytes = whole.slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          await altered(bytes);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('records taken out, doubled or in another order: objects in the right form, or refused by a code', async () => {
    const [header, ...records] = parts(whole);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(records.length - 1), { maxLength: 40 }), async (order) => {
        await altered(concat(encodeIpd(header!), ...order.map((i) => encodeIpd(records[i]!))));
      }),
      { numRuns: 100 },
    );
  });

  const record = (database: number, ...fields: [number, Uint8Array][]): Uint8Array =>
    encodeIpd({
      ...{ kind: 'record', database, version: 1, handle: 1, uniqueId: 1, tail: new Uint8Array() },
      fields: fields.map(([type, data]) => ({ type, data })),
    });
  const header = encodeIpd({ kind: 'header', names: [utf8('Memos\0'), utf8('Holdfast\0')] });
  const opening = (frames: number, stream = 0, place = 'D/C'): Uint8Array =>
    concat(
      random(16),
      random(16),
      Uint8Array.of(stream),
      random(24),
      Uint8Array.of(0, 0, 0, frames),
      utf8(place),
    );
  const frame = [0x48, random(5)] as [number, Uint8Array];

  const counted: readonly (readonly [what: string, objects: number, ...records: Uint8Array[]])[] = [
    ['a segment', 1, record(1, [1, opening(2)]), record(0, frame), record(0, frame)],
    ['an index', 1, record(1, [1, opening(1, 1)]), record(1, frame)],
    ['a frame too few', 0, record(1, [1, opening(3)]), record(0, frame), record(0, frame)],
    ['a frame too many', 1, record(1, [1, opening(1)]), record(0, frame), record(0, frame)],
    [
      'something between',
      0,
      record(1, [1, opening(2)]),
      record(0, frame),
      record(1, [9, random(3)]),
      record(0, frame),
    ],
    ['frames of two databases', 0, record(1, [1, opening(2)]), record(0, frame), record(7, frame)],
    ['data in ours', 0, record(1, [1, opening(1)]), record(1, frame)],
    ['an index elsewhere', 0, record(1, [1, opening(1, 1)]), record(0, frame)],
    ['another stream', 0, record(1, [1, opening(1, 2)]), record(0, frame)],
    ['no frames', 0, record(1, [1, opening(0)])],
    ['an empty frame', 0, record(1, [1, opening(1)]), record(0)],
    [
      'a frame of other fields',
      0,
      record(1, [1, opening(1)]),
      record(0, [0x48, random(3)], [0x49, random(3)]),
    ],
    ['a chain with a gap', 0, record(1, [1, opening(1)]), record(0, frame, frame)],
    ['a place outside', 0, record(1, [1, opening(1, 0, '../x')]), record(0, frame)],
    ['a place too deep', 0, record(1, [1, opening(1, 0, 'D/C/E')]), record(0, frame)],
    ['an opening of two fields', 0, record(1, [1, opening(1)], frame), record(0, frame)],
    ['an object', 1, record(1, [2, utf8('D/C/k/K-0')], frame)],
    ['an empty object', 1, record(1, [2, utf8('D/C/k/K-0')])],
    ['an object of no name', 0, record(1, [2, utf8('')], frame)],
    ['an object outside', 0, record(1, [2, utf8('/etc/passwd')], frame)],
    ['an object of another kind', 0, record(1, [6, utf8('D/C/k/K-0')], frame)],
    ['an object elsewhere', 0, record(0, [2, utf8('D/C/k/K-0')], frame)],
    ['two of one name', 1, record(1, [2, utf8('a')], frame), record(1, [2, utf8('a')], [0x48, random(9)])],
  ];
  for (const [what, objects, ...records] of counted)
    test(`${what}: ${objects} objects`, async () => {
      await writeFile(path, concat(header, ...records));
      const file = await openIpdFile(path);
      assert.equal((await Array.fromAsync(file.list(''))).length, objects);
      await file.close();
    });

  test('a checkpoint behind the manifest does not take its place; of two manifests the first counts', async () => {
    const name = utf8('D/C/m/0000000001-X');
    const [manifest, later] = [random(10), random(10)];
    const records = [record(1, [5, name], [0x48, manifest]), record(1, [4, name], [0x48, later])];
    await writeFile(path, concat(header, ...records, record(1, [5, name], [0x48, later])));
    const file = await openIpdFile(path);
    assert.equal(file.ending, 'manifest');
    assert.deepEqual(await file.getObject('D/C/m/0000000001-X', 10), manifest);
    await file.close();
  });

  test('one that shrinks while it is open', async () => {
    await writeFile(path, whole);
    const file = await openIpdFile(path);
    await writeFile(path, whole.subarray(0, 300));
    const segment = puts.find((put): put is Put & { kind: 'segment' } => put.kind === 'segment')!;
    const manifest = puts.at(-1)!;
    await assert.rejects(file.getObject(manifest.name, 1000), { code: 'ERR_OBJECT_MALFORMED' });
    await assert.rejects(file.getRange({ name: segment.name, offset: 40, length: 100 }), {
      code: 'ERR_OBJECT_MALFORMED',
    });
    await file.close();
  });

  test('an IPD file of somebody else, and no IPD file at all', async () => {
    const foreign = new URL('../../../test/vectors/ipd/messages.ipd', import.meta.url).pathname;
    for (const other of [foreign, import.meta.filename, folder.path])
      await assert.rejects(openIpdFile(other), { code: 'ERR_FILE_NOT_BACKUP', kind: 'integrity' });
  });
});

describe('a full disk', () => {
  test('is said, and the file stays usable up to its last checkpoint', async (t) => {
    const mounted = await smallDisk(t);
    if (!mounted) return;
    const target = join(mounted, 'full.ipd');
    const file = await create(target);
    const before = makeSet({ checkpoints: 1, frames: [20_000, 20_000] }).slice(0, 5);
    await putAll(file, before);
    const size = (await stat(partialOf(target))).size;
    const more = makeSet({ frames: Array<number>(20).fill(50_000) });
    const full = { code: 'ERR_DESTINATION_FULL', kind: 'failed' };
    await assert.rejects(putAll(file, more), full);
    assert.equal((await stat(partialOf(target))).size, size);
    // What is small enough still goes in.
    const small = makeSet({ checkpoints: 0, frames: [100] }).slice(0, 1);
    await putAll(file, small);
    await file.close();
    await assert.rejects(stat(target));
    const opened = await openIpdFile(partialOf(target));
    assert.equal(opened.ending, 'checkpoint');
    assert.equal(await assertOnlyPut(opened, [...before, ...small]), 6);
    await opened.close();
  });
});

/** A disk of 1 MiB. */
async function smallDisk(t: TestContext): Promise<string | undefined> {
  const mounted = join(folder.path, 'disk');
  await mkdir(mounted);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mounted], { stdio: 'ignore' });
  } catch {
    t.skip('a small file system can be mounted by root only, and not in every container');
    return undefined;
  }
  t.after(() => execFileSync('umount', [mounted]));
  return mounted;
}
