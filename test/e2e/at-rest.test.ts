/**
 * Whoever gets at the disks of a storage: each stored object removed, cut, emptied, swapped for each other one, altered,
 * and all of them set back. It is named, exit 6, and nothing of it reaches the target (U2).
 */
import assert from 'node:assert/strict';
import { copyFile, cp, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { ProblemError } from '../../src/api/problem/index.ts';
import { seeded } from '../world/data.ts';
import { assertSameTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';

/** Behind an object's bytes in its file: digest and mark. */
const TRAILER = 40;

let it: World;
let phone: WorldDevice;
let reader: WorldDevice;
let home: string;
let place: string;
/** Paths below the place of the phone. */
let objects: string[];
let intact: string;
let afterFirst: string;

before(async () => {
  it = await world({ users: { alice: { devices: ['phone', 'reader'] } } });
  phone = it.device('alice', 'phone');
  reader = it.device('alice', 'reader');
  home = it.place('home');
  await mkdir(home);
  const random = seeded(66);
  for (let i = 0; i < 8; i++) await writeFile(join(home, `${i}`), random(20_000));
  await phone.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
  await phone.call('backup', {});
  const all = await readdir(it.objects, { recursive: true });
  place = join(it.objects, all.find((path) => path.endsWith(`/${phone.id}`))!);
  afterFirst = it.place('first');
  await cp(place, afterFirst, { recursive: true });
  await writeFile(join(home, 'late'), random(20_000));
  await phone.call('backup', {});
  await reader.call('refresh', {});
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  objects = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  intact = it.place('intact');
  await cp(place, intact, { recursive: true });
});
after(() => it?.[Symbol.asyncDispose]());

const nounOf = (path: string): RegExp =>
  path.includes('/m/') ? /manifest/ : path.includes('/k/') ? /envelope/ : /segment/;

const honest = async (): Promise<void> => {
  await rm(place, { recursive: true });
  await cp(intact, place, { recursive: true });
};

/** @param says what is named; undefined: it may also have made no difference */
async function isFound(why: string, says: RegExp): Promise<void> {
  const into = it.place('into');
  const error = await reader.call('restore', { device: phone.id, into }).then(
    () => assert.fail(`${why}: restored`),
    (caught: unknown) => caught,
  );
  if (!(error instanceof ProblemError)) throw error;
  assert.equal(error.kind, 'integrity', `${why}: ${error.code} ${error.message}`);
  assert.match(error.message, says, why);
  assert.equal(await lstat(into).catch(() => undefined), undefined, `${why}: something was written`);
  const verified = await reader.call('verify', { device: phone.id }).then(
    ({ damaged }) => damaged.map(({ object, message }) => `${object}: ${message}`).join('\n'),
    (caught: ProblemError) => (caught.kind === 'integrity' ? caught.message : Promise.reject(caught)),
  );
  assert.match(verified, says, why);
}

/** The same by the command line. */
async function exitsWith6(says: RegExp): Promise<void> {
  const into = it.place('into');
  const restored = await reader.cli(['restore', '--device', phone.id, '--into', into]);
  assert.equal(restored.code, 6, restored.stderr);
  assert.match(restored.stderr, says);
  assert.equal(await lstat(into).catch(() => undefined), undefined);
  const verified = await reader.cli(['verify', '--device', phone.id]);
  assert.equal(verified.code, 6, verified.stderr);
  assert.match(verified.stdout + verified.stderr, says);
}

type Spoil = (path: string, bytes: Buffer) => Promise<void>;
const spoils: Readonly<Record<string, Spoil>> = {
  removed: (path) => rm(path),
  emptied: (path) => writeFile(path, ''),
  'cut in the middle': (path, bytes) => writeFile(path, bytes.subarray(0, bytes.length >> 1)),
  'cut, and made to look whole': (path, bytes) =>
    writeFile(path, Buffer.concat([bytes.subarray(0, bytes.length >> 1), bytes.subarray(-TRAILER)])),
  'zeroes where it was': (path, bytes) =>
    writeFile(path, Buffer.concat([Buffer.alloc(bytes.length - TRAILER), bytes.subarray(-TRAILER)])),
};

for (const [what, spoil] of Object.entries(spoils))
  test(`${what}: each object is named`, async () => {
    for (const path of objects) {
      await spoil(path, await readFile(path));
      const says = path.includes('/m/') ? /manifest|set \d was|reported/ : nounOf(path);
      await isFound(`${what}: ${path.slice(place.length)}`, says);
      if (path === objects.at(-1) && what === 'zeroes where it was') await exitsWith6(says);
      await honest();
    }
  });

test('each in the place of each other', async () => {
  for (const path of objects) {
    for (const other of objects) {
      if (other === path) continue;
      await copyFile(other, path);
      await isFound(`${other.slice(place.length)} as ${path.slice(place.length)}`, nounOf(path));
      await honest();
    }
  }
  await copyFile(objects[0]!, objects[1]!);
  await exitsWith6(nounOf(objects[1]!));
  await honest();
});

test('everything set back to an older state, and everything gone: known from the server', async () => {
  await rm(place, { recursive: true });
  await cp(afterFirst, place, { recursive: true });
  await isFound('set back', /2 was reported/);
  await exitsWith6(/2 was reported/);
  await assert.rejects(phone.call('backup', {}), { kind: 'integrity', code: 'ERR_ROLLED_BACK' });
  await rm(dirname(place), { recursive: true });
  await exitsWith6(/reported/);
  await cp(intact, place, { recursive: true });
  const into = it.place('into');
  const restored = await reader.cli(['restore', '--device', phone.id, '--into', into]);
  assert.equal(restored.code, 0, restored.stderr);
  await assertSameTree(home, join(into, 'Files'));
});
