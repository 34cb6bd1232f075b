/**
 * Names that are traps, in a set that a device of the user has properly sealed and signed: whoever had that device for a
 * while chose them. Unsafe ones are left out and named (exit 3), the others restored, and nothing lies anywhere else.
 */
import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type DatabasePlan, runBackup } from '../../src/backup/index.ts';
import type { Attributes, ListedItem, Source } from '../../src/database/index.ts';
import { compareBytes, showBytes, utf8 } from '../../src/lib/bytes.ts';
import { openState } from '../../src/state/index.ts';
import { resultOf } from '../world/device.ts';
import { describeTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';
import { attackerEngine, issuerKey, stolenKey } from './attacker.ts';

const TEXT = 'text of ';

let it: World;
let phone: WorldDevice;
let tablet: WorldDevice;
/** A directory that no restore is asked to write to. */
let outside: string;

before(async () => {
  it = await world({ users: { alice: { devices: ['phone', 'tablet'] } } });
  [phone, tablet] = [it.device('alice', 'phone'), it.device('alice', 'tablet')];
  outside = it.place('outside');
  mkdirSync(outside);
  const home = it.place('home');
  mkdirSync(home);
  writeFileSync(join(home, 'harmless'), 'h');
  await phone.call('sourceAdd', { database: 'Harmless', kind: 'folder', path: home });
  await phone.call('backup', {});
  await plant();
});
after(() => it?.[Symbol.asyncDispose]());

interface Trap {
  readonly uid: Uint8Array;
  readonly attributes: Attributes;
}
const trap = (uid: string | Uint8Array, attributes: Attributes = {}): Trap => ({
  uid: typeof uid === 'string' ? utf8(uid) : uid,
  attributes,
});

/** Unsafe wherever it is restored. */
const unsafe = (): Trap[] => [
  trap('../beside'),
  trap('../../outside-0/up'),
  trap('..'),
  trap('.'),
  trap('./here'),
  trap(`${outside}/absolute`),
  trap('/'),
  trap('a/../../up'),
  trap('a//b'),
  trap('a/./b'),
  trap('nul\0byte'),
  trap('../directory/', { directory: true }),
  trap('../link', { link: utf8('x') }),
  trap('long'.repeat(80)),
  // Through a link of the same set, and through one that is there already.
  trap('link/through'),
  trap('link/deep/er'),
  trap('link/', { directory: true }),
  trap('there/through'),
  // Below a file, and a file where a directory is.
  trap('file/below'),
];

/** Unsafe on Windows; elsewhere names like any other. */
const windows = [
  'CON',
  'con.txt',
  'nul ',
  'LPT1',
  'trailing dot.',
  'trailing blank ',
  'back\\slash',
  'a:stream',
];

const twins = [
  ['README', 'readme'],
  ['caf\u00e9', 'cafe\u0301'],
] as const;

const fine = (): Trap[] => [
  trap('fine'),
  trap('deep/fine'),
  trap('file'),
  trap('link', { link: utf8(outside) }),
  trap('passwd', { link: utf8('/etc/passwd') }),
  trap('.hidden'),
  trap('...'),
  trap('%2e%2e%2f'),
  trap('-rf'),
  trap('new\nline'),
  ...(process.platform === 'linux' ? [trap(Uint8Array.of(0xff, 0xfe))] : []),
];

/** Backs the traps up as the phone itself would, if it had been told these names. */
async function plant(): Promise<void> {
  const [user] = readdirSync(it.objects);
  const key = await stolenKey(phone);
  const issuer = await issuerKey(it);
  using engine = await attackerEngine(it, { holds: phone, key, user: user!, device: phone.id, issuer });
  const state = openState(`${outside}.db`);
  const all = [
    ...unsafe(),
    ...fine(),
    ...windows.map((name) => trap(name)),
    ...twins.flat().map((name) => trap(name)),
  ];
  const plan = (database: string, label: string, traps: readonly Trap[]): DatabasePlan => ({
    ...{ database, label, source: sourceOf(traps) },
    classify: () => 'enterprise',
    rules: () => ({
      ...{ backup: 'allow', encrypt: 'user', plain: 'skip', custody: 'company', compress: 'on' },
      ...{ pad: 'on', granularity: 'batch', into: 'allow', share: 'deny' },
      ...{ 'guard.removed': 30, 'guard.changed': 60, 'guard.atLeast': 25 },
    }),
  });
  try {
    await runBackup(engine, {
      catalogue: state.catalogue(it.area),
      plans: [plan('Files', 'home', all), plan('../../evil', '../label', [trap('in it')])],
      policy: 1,
    });
  } finally {
    state.close();
    await engine.destination.close();
  }
}

function sourceOf(traps: readonly Trap[]): Source {
  const items = traps
    .map(({ uid, attributes }): ListedItem => {
      const size = attributes.directory || attributes.link ? 0 : TEXT.length + uid.length;
      return { uid, attributes, size, title: '', type: 'text/plain', time: 0, stamp: utf8('1'), path: '' };
    })
    .sort((a, b) => compareBytes(a.uid, b.uid));
  return {
    kind: 'folder',
    async *list() {
      yield items;
    },
    read: ({ uid, size }) => ({ kind: 'bytes', bytes: size === 0 ? new Uint8Array(0) : textOf(uid) }),
    writer: async () => assert.fail('nothing is written here'),
    close: async () => {},
  };
}

const textOf = (uid: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(TEXT), uid]);

/** The second of two names that this file system takes for one. */
function lostTwins(): string[] {
  return twins
    .map((pair) => [...pair].sort((a, b) => compareBytes(utf8(a), utf8(b))) as [string, string])
    .filter(([one, other]) => {
      writeFileSync(join(outside, one), '');
      const same = lstatSync(join(outside, other), { throwIfNoEntry: false }) !== undefined;
      unlinkSync(join(outside, one));
      return same;
    })
    .map(([, other]) => other);
}

/** Restores by the real command line into a folder in which `there` is a link out of it. */
async function restore(where: 'into' | 'home', ...more: string[]) {
  const place = join(it.place('restored'), 'in', 'it');
  const files = join(place, 'Files');
  mkdirSync(files, { recursive: true });
  symlinkSync(outside, join(files, 'there'));
  const device = where === 'into' ? tablet : await it.enrol('alice', `home ${more}`);
  if (where === 'home') await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: files });
  const to = where === 'into' ? ['--into', place] : ['--database', 'Files'];
  const ended = await device.cli(['restore', '--device', phone.id, ...to, ...more, '--json']);
  return { place, files, ended, result: resultOf('restore', ended) };
}

for (const where of ['into', 'home'] as const)
  test(`${where}: unsafe names are left out and named, the others restored, and nothing lies elsewhere`, async () => {
    const before = describeTree(outside);
    const { place, files, ended, result } = await restore(where);
    assert.equal(ended.code, 3, ended.stderr);
    const onlyHere = [...(process.platform === 'win32' ? windows : []), ...lostTwins()];
    const expected = [...unsafe().map(({ uid }) => uid), ...onlyHere.map(utf8)].map(showBytes).sort();
    assert.deepEqual(result.leftOut.map(({ item }) => item).sort(), expected);
    for (const row of result.leftOut) {
      assert.deepEqual([row.database, row.code], ['Files', 'ERR_SOURCE_UNSAFE_NAME']);
      assert.match(row.reason, / was not written: /);
    }
    assert.equal(result.complete, false);

    const written = [
      ...fine(),
      ...[...windows, ...twins.flat()].filter((name) => !onlyHere.includes(name)).map((name) => trap(name)),
    ];
    for (const { uid, attributes } of written) {
      const path = Buffer.concat([Buffer.from(`${files}/`), uid]);
      if (attributes.link) assert.ok(lstatSync(path).isSymbolicLink(), showBytes(uid));
      else assert.ok(readFileSync(path).equals(textOf(uid)), showBytes(uid));
    }
    // `there`, and the directory that holds `deep/fine`.
    assert.equal(describeTree(files).size, written.length + 2);
    assert.deepEqual(describeTree(outside), before, 'something was written through a link');
    // Not beside the folder, nor above it: a database whose name leads up has a folder of its own here.
    const beside = readdirSync(place).sort();
    assert.equal(beside.length, where === 'into' ? 3 : 1, beside.join(', '));
    assert.deepEqual(readdirSync(join(place, '..')), ['it']);
    if (where === 'into') {
      const evil = beside.find((name) => name.includes('evil'))!;
      assert.equal(readFileSync(join(place, evil, 'in it'), 'utf8'), `${TEXT}in it`);
    }
  });

test('a dry run leaves out the same and writes nothing; asked for by name, each is refused alike', async () => {
  const before = describeTree(outside);
  const { files, ended, result } = await restore('into', '--dry-run');
  assert.equal(ended.code, 3, ended.stderr);
  const named = new Set(result.leftOut.map(({ item }) => item));
  // What contradicts another item of the set is only met when that one is there.
  const met = new Set(['file/below', 'link/through', 'link/deep/er', 'link/']);
  for (const { uid } of unsafe())
    assert.ok(named.has(showBytes(uid)) || met.has(showBytes(uid)), `${showBytes(uid)} would be written`);
  assert.deepEqual([...describeTree(files).keys()], ['there']);
  assert.deepEqual(describeTree(outside), before);
  for (const uid of ['../beside', `${outside}/absolute`, 'there/through']) {
    const one = await restore('into', '--database', 'Files', '--item', uid);
    assert.equal(one.ended.code, 3, one.ended.stderr);
    assert.deepEqual([...describeTree(one.files).keys()], ['there'], uid);
    assert.match(one.ended.stderr, /1 entry left out/);
  }
  assert.deepEqual(describeTree(outside), before);
});
